import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createToken, rewriteToken, testNow } from "../test-support/tokens.ts";
import { type EksTokenPolicy, judgeEksToken } from "./judge-eks-token.ts";

const policy: EksTokenPolicy = { partition: "aws", clockToleranceSeconds: 300 };
const minutes = (count: number): Date => new Date(testNow.getTime() + count * 60_000);

function judge(token: string, now = testNow, changed: Partial<EksTokenPolicy> = {}): string {
  const verdict = judgeEksToken(token, { ...policy, ...changed }, now);
  return verdict.kind === "refused" ? verdict.code : verdict.kind;
}

/** What a token's URL consists of, in an order of its own. */
function partsOf(token: string): string {
  const url = Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString("latin1");
  const [place = "", query = ""] = url.split(/\?(.*)/s);
  return [place, ...query.split("&").toSorted()].join("\n");
}

/** One violation of the checklist: what is done to the URL, and the code that it earns. */
type Violation = readonly [name: string, rewrite: (url: string) => string, code: string];

const drop = (name: string) => (url: string) => url.replace(new RegExp(`([?&])${name}=[^&]*&?`), "$1").replace(/&$/, "");
const set = (name: string, value: string) => (url: string) => url.replace(new RegExp(`${name}=[^&]*`), `${name}=${value}`);
const add = (text: string) => (url: string) => `${url}&${text}`;
const swap = (from: string | RegExp, to: string) => (url: string) => url.replace(from, to);

const violations: readonly Violation[] = [
  ["http", swap("https:", "http:"), "TOKEN_MALFORMED"],
  ["no slashes", swap("https://", "https:"), "TOKEN_MALFORMED"],
  ["a blank in front", swap("https", " https"), "TOKEN_MALFORMED"],
  ["a line break inside", swap("amazonaws", "amazon\naws"), "TOKEN_MALFORMED"],
  ["an upper-case host", swap("sts.us", "STS.us"), "TOKEN_MALFORMED"],
  ["a port", swap(".com/", ".com:443/"), "TOKEN_MALFORMED"],
  ["a final dot", swap(".com/", ".com./"), "TOKEN_MALFORMED"],
  ["a user in front of the host", swap("https://", "https://sts.us-west-2.amazonaws.com@"), "TOKEN_MALFORMED"],
  ["a foreign host", swap("sts.us-west-2.amazonaws.com", "sts.us-west-2.amazonaws.com.example.net"), "TOKEN_MALFORMED"],
  ["a VPC endpoint", swap("sts.us-west-2.amazonaws.com", "vpce-1.sts.us-west-2.vpce.amazonaws.com"), "TOKEN_MALFORMED"],
  ["a percent-encoded dot in the host", swap("sts.us", "sts%2eus"), "TOKEN_MALFORMED"],
  ["another service", swap("sts.us-west-2", "iam.us-west-2"), "TOKEN_MALFORMED"],
  ["an unknown region", swap("us-west-2", "not-a-region"), "TOKEN_MALFORMED"],
  ["no path", swap("/?", "?"), "TOKEN_MALFORMED"],
  ["a longer path", swap("/?", "/x?"), "TOKEN_MALFORMED"],
  ["a path that folds to the root", swap("/?", "/a/..?"), "TOKEN_MALFORMED"],
  ["a fragment", add("#x"), "TOKEN_MALFORMED"],
  ["a broken escape", add("Action=%zz"), "TOKEN_MALFORMED"],
  ["a semicolon", swap("&Version", ";Version"), "TOKEN_MALFORMED"],
  ["a parameter twice", add("Action=GetCallerIdentity"), "TOKEN_MALFORMED"],
  ["a parameter twice in other case", add("x-amz-credential=eve"), "TOKEN_MALFORMED"],
  ["a parameter in other case", swap("Action=", "action="), "TOKEN_MALFORMED"],
  ["an unknown parameter", add("Foo=bar"), "TOKEN_MALFORMED"],
  ["a parameter without value", add("Foo"), "TOKEN_MALFORMED"],
  ["another action", set("Action", "AssumeRole"), "TOKEN_MALFORMED"],
  ["no action", drop("Action"), "TOKEN_MALFORMED"],
  ["another version", set("Version", "2010-01-01"), "TOKEN_MALFORMED"],
  ["another algorithm", set("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256"), "TOKEN_MALFORMED"],
  ["the cluster not signed", set("X-Amz-SignedHeaders", "host"), "TOKEN_MALFORMED"],
  ["more headers signed", set("X-Amz-SignedHeaders", "accept%3Bhost%3Bx-k8s-aws-id"), "TOKEN_MALFORMED"],
  ["the host not signed", set("X-Amz-SignedHeaders", "x-k8s-aws-id"), "TOKEN_MALFORMED"],
  ["no expiry", drop("X-Amz-Expires"), "TOKEN_MALFORMED"],
  ["an expiry of days", set("X-Amz-Expires", "604800"), "TOKEN_MALFORMED"],
  ["an expiry below zero", set("X-Amz-Expires", "-1"), "TOKEN_MALFORMED"],
  ["an expiry that is no number", set("X-Amz-Expires", "6e1"), "TOKEN_MALFORMED"],
  ["no date", drop("X-Amz-Date"), "TOKEN_MALFORMED"],
  ["a date of another form", set("X-Amz-Date", "2030-01-01T00%3A00%3A00Z"), "TOKEN_MALFORMED"],
  ["a day that does not exist", set("X-Amz-Date", "20300231T000000Z"), "TOKEN_MALFORMED"],
  ["another day in the scope", swap("20300101%2F", "20300102%2F"), "TOKEN_MALFORMED"],
  ["another region in the scope", swap("%2Fus-west-2%2F", "%2Feu-west-1%2F"), "TOKEN_MALFORMED"],
  ["another service in the scope", swap("%2Fsts%2F", "%2Fs3%2F"), "TOKEN_MALFORMED"],
  ["no end of the scope", swap("%2Faws4_request", ""), "TOKEN_MALFORMED"],
  ["no key id", swap("ASIAEXAMPLE", ""), "TOKEN_MALFORMED"],
  ["a short signature", swap(/X-Amz-Signature=\w/, "X-Amz-Signature="), "TOKEN_MALFORMED"],
  ["an upper-case signature", (url) => url.slice(0, -64) + url.slice(-64).toUpperCase().replace(/^./, "A"), "TOKEN_MALFORMED"],
  ["no signature", drop("X-Amz-Signature"), "TOKEN_MALFORMED"],
  ["a session token with a line break", add("X-Amz-Security-Token=a%0Ab"), "TOKEN_MALFORMED"],
];

describe("the checklist of a token", () => {
  it("lets an ordinary token pass, with its end", () => {
    const verdict = judgeEksToken(createToken(), policy, testNow);
    expect(verdict).toMatchObject({ kind: "accepted", expiresAt: minutes(15) });
  });

  it.each(violations)("refuses %s", (_, rewrite, code) => {
    const token = createToken();
    const changed = rewriteToken(token, rewrite);
    expect(changed).not.toBe(token);
    expect(judge(changed)).toBe(code);
  });

  it("refuses any two violations together", () => {
    const token = createToken();
    fc.assert(
      fc.property(fc.constantFrom(...violations), fc.constantFrom(...violations), ([, first], [, second]) => {
        const changed = rewriteToken(token, (url) => second(first(url)));
        // Two violations undo each other where they give the same parameters back, perhaps in another order.
        expect(judge(changed)).toBe(partsOf(changed) === partsOf(token) ? "accepted" : "TOKEN_MALFORMED");
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [-6, "TOKEN_NOT_YET_VALID"],
    [-5, "accepted"],
    [0, "accepted"],
    [14.99, "accepted"],
    [15, "TOKEN_EXPIRED"],
    [60, "TOKEN_EXPIRED"],
    [-60, "TOKEN_NOT_YET_VALID"],
  ])("judges a token when our clock is %d minutes past its date: %s", (age, expected) => {
    expect(judge(createToken(), minutes(age))).toBe(expected);
  });

  it("refuses tokens of other partitions, also where the domain is shared", () => {
    expect(judge(createToken({ region: "cn-north-1" }))).toBe("TOKEN_PARTITION");
    expect(judge(createToken({ region: "us-gov-west-1" }))).toBe("TOKEN_PARTITION");
    expect(judge(createToken({ region: "us-gov-west-1" }), testNow, { partition: "aws-us-gov" })).toBe("accepted");
    expect(judge(createToken({ region: "us-east-1", variant: "global" }), testNow, { partition: "aws-cn" })).toBe("TOKEN_PARTITION");
  });

  it("refuses regions outside the list, when there is one", () => {
    expect(judge(createToken(), testNow, { regions: ["eu-west-1"] })).toBe("TOKEN_REGION");
    expect(judge(createToken(), testNow, { regions: ["us-west-2"] })).toBe("accepted");
  });

  it("refuses regions that AWS does not have, unless they are listed", () => {
    const invented = rewriteToken(createToken(), (url) => url.replaceAll("us-west-2", "aa-madea-1"));
    expect(judge(invented)).toBe("TOKEN_REGION");
    expect(judge(invented, testNow, { regions: ["us-west-2"] })).toBe("TOKEN_REGION");
    expect(judge(invented, testNow, { regions: ["aa-madea-1"] })).toBe("accepted");
    const ofNewForm = rewriteToken(createToken(), (url) => url.replaceAll("us-west-2", "moon-1"));
    expect(judge(ofNewForm)).toBe("TOKEN_MALFORMED");
    expect(judge(ofNewForm, testNow, { regions: ["moon-1"] })).toBe("accepted");
  });

  it("takes session tokens of 4 KiB, and no token above 16 KiB", () => {
    expect(judge(createToken({ sessionToken: "x".repeat(4096) }))).toBe("accepted");
    expect(judge(createToken({ sessionToken: "x".repeat(16_384) }))).toBe("TOKEN_TOO_LONG");
  });

  it("quotes nothing of a token that it refuses", () => {
    for (const [, rewrite] of violations) {
      const verdict = judgeEksToken(rewriteToken(createToken({ sessionToken: "HUSHHUSH" }), rewrite), policy, testNow);
      expect(JSON.stringify(verdict)).not.toMatch(/HUSHHUSH|ASIAEXAMPLE/);
    }
  });
});

describe("known attacks", () => {
  it("CVE-2022-2385: a second parameter in other case never reaches STS", () => {
    for (const extra of ["action=AssumeRole", "x-amz-signedheaders=host", "X-AMZ-CREDENTIAL=AKIAVICTIM", "x-amz-security-token=x"])
      expect(judge(rewriteToken(createToken(), add(extra)))).toBe("TOKEN_MALFORMED");
  });

  it("CVE-2020-16250: no other action of STS can be called", () => {
    for (const action of ["AssumeRoleWithWebIdentity", "GetSessionToken", "GetCallerIdentity%00", "getcalleridentity"])
      expect(judge(rewriteToken(createToken(), set("Action", action)))).toBe("TOKEN_MALFORMED");
  });
});
