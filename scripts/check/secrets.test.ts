import { describe, expect, it } from "vitest";
import { makeTree } from "./made-up-tree.ts";
import { secrets } from "./secrets.ts";

const judge = async (text: string): Promise<readonly string[]> =>
  (await secrets(makeTree({ "packages/testkit/src/keys.ts": text }))).violations;
const letters = (count: number): string => "aB3".repeat(count).slice(0, count);

describe("the secrets law", () => {
  it.each([
    ["a private key", `-----BEGIN RSA PRIVATE KEY-----\n${letters(64)}\n`],
    ["a private key", `"-----BEGIN PRIVATE KEY-----\\n${letters(64)}"`],
    ["a signed token", `eyJ${letters(20)}.eyJ${letters(20)}.${letters(43)}`],
    ["a cloud access key", `AKIA${"Q".repeat(16)}`],
    ["a code host's token", `ghp_${letters(36)}`],
    ["a registry token", `npm_${letters(36)}`],
  ])("refuses %s, in the testkit too", async (what, text) => {
    expect(await judge(`first\n${text}`)).toEqual([`packages/testkit/src/keys.ts:2 holds what looks like ${what}`]);
  });

  it.each(["-----BEGIN PRIVATE KEY-----", "eyJhbGciOiJub25lIn0", "-----BEGIN CERTIFICATE-----\nMIIB"])("takes %s", async (text) => {
    expect(await judge(text)).toEqual([]);
  });
});
