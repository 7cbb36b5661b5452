import { describe, expect, it } from "vitest";
import { makeTree } from "./made-up-tree.ts";
import { names } from "./names.ts";

const judge = async (texts: Record<string, string>): Promise<readonly string[]> => (await names(makeTree(texts))).violations;

describe("the names law", () => {
  it("is kept by the made-up project", async () => {
    expect(await judge({ "vitest.config.ts": "", "scripts/check.test.ts": "" })).toEqual([]);
  });

  it.each(["packages/wire/src/execCredential.ts", "packages/wire/src/Exec.ts", "scripts/docs_errors.ts"])(
    "refuses the file %s",
    async (path) => {
      expect(await judge({ [path]: "" })).toEqual([`${path} is not kebab-case`]);
    },
  );

  it.each(["packages/wire/src/utils.ts", "packages/wire/src/helpers/text.ts", "packages/core/src/text.ts", "packages/wire/src/types.ts"])(
    "refuses the place %s",
    async (path) => {
      expect((await judge({ [path]: "" }))[0]).toContain("says nothing");
    },
  );

  it.each(["handleRequest", "processToken", "TokenManager", "requestHandler", "userData", "SessionService", "manageKeys"])(
    "refuses the exported name %s",
    async (name) => {
      expect((await judge({ "packages/wire/src/secret.ts": `export const ${name} = 1;` }))[0]).toContain(`exports ${name}`);
    },
  );

  it("takes process as the operating system's noun", async () => {
    expect(await judge({ "packages/wire/src/secret.ts": "export interface ProcessIdentity {}" })).toEqual([]);
  });

  it("refuses a package without a README", async () => {
    expect(await judge({ "packages/oauth/package.json": "{}" })).toEqual(["packages/oauth/README.md is missing"]);
  });
});
