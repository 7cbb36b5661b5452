import { isCredentialError, Secret } from "@kubepass/wire";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inspect } from "node:util";
import { parseCsv } from "./parse-csv.ts";
import { parseTokenFile } from "./token-file.ts";
import { createTokenFileVerifier } from "./token-file-verifier.ts";

function codeOf(text: string): string {
  try {
    return `${parseTokenFile(text, "tokens.csv").size}`;
  } catch (error) {
    return isCredentialError(error) ? error.message : "another error";
  }
}

describe("a token file, as kube-apiserver reads it", () => {
  it("has a token, a user name, a uid and groups in each record", () => {
    const table = parseTokenFile('t1,jane,u1,"dev,ops"\r\n\nt2,john,u2\nt3,joan,u3,single,ignored\nt4,"a ""b""",u4,\n', "tokens.csv");
    expect(table.find("t1")).toEqual({ username: "jane", uid: "u1", groups: ["dev", "ops"], extra: {} });
    expect(table.find("t2")?.groups).toEqual([]);
    expect(table.find("t3")?.groups).toEqual(["single"]);
    expect(table.find("t4")).toMatchObject({ username: 'a "b"', groups: [""] });
    expect(table.find("t")).toBeUndefined();
    expect(table.find("")).toBeUndefined();
  });

  it("counts the last of a token that stands twice, passes over an empty one, and says so without the token", () => {
    const table = parseTokenFile("secret,a,1\n,b,2\nsecret,c,3\n", "tokens.csv");
    expect(table.find("secret")?.username).toBe("c");
    expect(table.size).toBe(1);
    expect(table.warnings).toEqual([
      "empty token in token file tokens.csv, record 2",
      "duplicate token in token file tokens.csv, record 3: the last counts",
    ]);
  });

  it.each([
    ["t,jane", "the token file tokens.csv must have at least 3 columns (token, user name, user uid), found 2 in record 1"],
    ['t,"jane', "the token file tokens.csv is malformed at line 1: a quoted field is never closed"],
    ['t,ja"ne,1', "the token file tokens.csv is malformed at line 1: a quotation mark stands in a field that does not begin with one"],
    ['a,b,c\nt,"ja"ne,1', "the token file tokens.csv is malformed at line 2: something follows the quotation mark that closes a field"],
    ["", "0"],
    ["\n\n", "0"],
    [" t , jane , 1 ", "1"],
    ['"a\nb",c,d', "1"],
    ["t,a,b\r", "1"],
  ])("reads %j", (text, expected) => {
    expect(codeOf(text)).toBe(expected);
  });

  it("gives back what a CSV writer wrote, whatever it was", () => {
    const field = fc.string().map((text) => text.replaceAll("\r", ""));
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 5 }), (records) => {
        const text = records.map((record) => record.map((value) => `"${value.replaceAll('"', '""')}"`).join(",")).join("\n");
        expect(parseCsv(text)).toEqual({ kind: "records", records });
      }),
      { numRuns: 200 },
    );
  });

  it("throws nothing but its own error", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(codeOf(text)).not.toBe("another error");
      }),
      { numRuns: 300 },
    );
    expect(codeOf("")).toBe("0");
  });

  it("keeps no token in memory", () => {
    const table = parseTokenFile("hunter2hunter2,jane,1\n", "tokens.csv");
    expect(inspect(table, { depth: 10, showHidden: true })).not.toContain("hunter2");
  });
});

it("claims what it knows, and leaves everything else to others", async () => {
  const verifier = createTokenFileVerifier(parseTokenFile("t1,jane,u1\n", "tokens.csv"));
  const context = { audiences: [], now: new Date(0), signal: new AbortController().signal };
  expect([verifier.claims("t1"), verifier.claims("t2")]).toEqual([true, false]);
  expect(await verifier.verify(new Secret("t1"), context)).toMatchObject({ kind: "verified", user: { username: "jane" } });
  expect(await verifier.verify(new Secret("t2"), context)).toMatchObject({ kind: "refused", code: "TOKEN_UNKNOWN" });
});
