import type { Person } from "@kubepass/plugin-sdk";
import { isCredentialError } from "@kubepass/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ExpectedCallback } from "../loopback/callback.ts";
import { createScenePerson } from "../test-support/sign-in-scene.ts";
import { askForCode, parsePastedRedirect } from "./authorization-code-paste.ts";

const expected: ExpectedCallback = { state: "right", issuer: "https://issuer.example", isIssuerRequired: true };
const never = new AbortController().signal;

describe("what a person pastes", () => {
  it.each([
    ["the whole address", "http://127.0.0.1:8000/callback?code=abc&state=right"],
    ["the address in quotes", `"http://127.0.0.1:8000/callback?code=abc&state=right"`],
    ["the address in angle brackets", "<http://127.0.0.1:8000/callback?code=abc&state=right>"],
    ["the address without scheme, as some browsers show it", "127.0.0.1:8000/callback?code=abc&state=right"],
    ["the address with a fragment", "http://127.0.0.1:8000/callback?code=abc&state=right#_=_"],
    ["the address broken over lines", "http://127.0.0.1:8000/callback?code=a\r\nbc&state=right "],
    ["the query alone", "?code=abc&state=right"],
    ["the parameters alone", "state=right&code=abc"],
  ])("may be %s", (_, text) => {
    const pasted = parsePastedRedirect(text);
    expect(pasted.kind === "callback" && [pasted.parameters.code?.reveal(), pasted.parameters.state]).toEqual(["abc", "right"]);
  });

  it.each([
    ["4/0AX4XfWh-b_c.d~e", "code"],
    ["  SplxlOBeZQQYbYS6WxSbIA  ", "code"],
    ["", "empty"],
    ["   \n", "empty"],
    [`""`, "empty"],
    ["yes", "unreadable"],
    ["two words", "unreadable"],
    ["https://issuer.example/login", "unreadable"],
    ["c\u00f6de-with-umlaut", "unreadable"],
    ["a".repeat(20_000), "unreadable"],
  ])("%j is %s", (text, kind) => {
    expect(parsePastedRedirect(text).kind).toBe(kind);
  });

  it("never makes the reader throw", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(["empty", "callback", "code", "unreadable"]).toContain(parsePastedRedirect(text).kind);
      }),
    );
  });
});

async function paste(...lines: readonly (string | undefined)[]): Promise<{ readonly outcome: string; readonly shown: string }> {
  const person = createScenePerson();
  for (const line of lines) person.type(line);
  const outcome = await askForCode(person, "? ", expected, never).then(
    (code) => code.reveal(),
    (error: unknown) => (isCredentialError(error) ? error.code : String(error)),
  );
  return { outcome, shown: person.shown() };
}

describe("a pasted answer", () => {
  it.each([
    ["with the right state and issuer", "http://127.0.0.1/callback?code=abc&state=right&iss=https://issuer.example", "abc"],
    ["that is the bare code", "bare-code-123", "bare-code-123"],
    ["that says denied", "http://127.0.0.1/callback?error=access_denied&state=right&iss=https://issuer.example", "SIGN_IN_DENIED"],
    ["that says another error", "error=server_error&state=right", "ISSUER_REFUSED"],
  ])("%s ends the question", async (_, line, outcome) => {
    expect(await paste(line)).toMatchObject({ outcome });
  });

  it("that does not fit is explained, and asked for again", async () => {
    const { outcome, shown } = await paste(
      "http://127.0.0.1/callback?code=abc&state=wrong",
      "",
      "http://127.0.0.1/callback?code=abc&state=right",
      "the-real-code",
    );
    expect(outcome).toBe("the-real-code");
    expect(shown).toBe(
      "? That does not fit: its state is of another sign-in.\n? ? That does not fit: it does not name its issuer (iss), which https://issuer.example promises to do.\n? ",
    );
  });

  it("of an error without the right state is no refusal", async () => {
    expect(await paste("error=access_denied&state=wrong", "the-real-code")).toMatchObject({ outcome: "the-real-code" });
  });

  it("that does not fit three times ends the sign-in", async () => {
    expect(await paste("no", "no", "no")).toMatchObject({ outcome: "REDIRECT_INVALID" });
  });

  it("with the address to visit instead of the one it ends on is explained", async () => {
    const { shown } = await paste(
      "https://issuer.example/authorize?response_type=code&state=right&iss=https://issuer.example",
      "the-real-code",
    );
    expect(shown).toContain("it carries neither a code nor an error");
  });
});

it("at the end of input the question rests, and the browser may still answer", async () => {
  const person: Person = createScenePerson();
  const silent: Person = { ...person, ask: async () => undefined };
  const outcome = await Promise.race([
    askForCode(silent, "? ", expected, never),
    new Promise((resolve) => setImmediate(() => resolve("rests"))),
  ]);
  expect(outcome).toBe("rests");
});
