import { describe, expect, it } from "vitest";
import { createErrorsLaw } from "./errors.ts";
import { makeTree } from "./made-up-tree.ts";

const law = createErrorsLaw(["LOGIN_REQUIRED", "CANCELLED"]);
const document = { "docs/errors.md": "| `LOGIN_REQUIRED` | `CANCELLED` |" };
const thrower = 'throw new CredentialError("LOGIN_REQUIRED", "x");\nconst code = cancelled ? "CANCELLED" : undefined;\n';
const judge = async (texts: Record<string, string>): Promise<readonly string[]> => (await law(makeTree(texts))).violations;

describe("the errors law", () => {
  it("is kept when every code is thrown, in the catalogue and documented", async () => {
    expect(await judge({ ...document, "packages/wire/src/extra.ts": thrower })).toEqual([]);
  });

  it("refuses a thrown code that is not in the catalogue", async () => {
    expect(await judge({ ...document, "packages/wire/src/extra.ts": `${thrower}throw new CredentialError("LOGIN_WANTED", "x");` })).toEqual(
      ["packages/wire/src/extra.ts:3 throws LOGIN_WANTED, which is not in errorCatalogue"],
    );
  });

  it("refuses a code that docs/errors.md does not explain", async () => {
    expect(await judge({ "docs/errors.md": "`LOGIN_REQUIRED`", "packages/wire/src/extra.ts": thrower })).toEqual([
      "CANCELLED is not in docs/errors.md: npm run docs:errors",
    ]);
  });

  it("refuses a code of the catalogue that only a test throws", async () => {
    const violations = await judge({
      ...document,
      "packages/wire/src/extra.ts": 'throw new CredentialError("LOGIN_REQUIRED", "x");',
      "packages/wire/src/extra.test.ts": 'throw new CredentialError("CANCELLED", "x");',
    });
    expect(violations).toEqual(["CANCELLED is in errorCatalogue but nothing throws it"]);
  });

  it("looks at nothing where nothing is thrown", async () => {
    expect((await law(makeTree(document))).looked).toBe(0);
  });
});
