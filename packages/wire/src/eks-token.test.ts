import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type EksTokenFlaw,
  type EksTokenOutcome,
  eksTokenPrefix,
  formatCallerIdentityUrl,
  formatEksToken,
  isClusterId,
  maxEksTokenLength,
  parseEksToken,
} from "./eks-token.ts";
import { presignEksToken } from "./presign-eks-token.ts";
import { Secret } from "./secret.ts";
import { findStsEndpoint, type StsEndpoint } from "./sts-endpoint.ts";
import { type EksTokenVector, eksTokenVectors, upstreamUrl } from "./test-support/eks-token-vectors.ts";

function getEndpoint({ region, variant }: Pick<EksTokenVector, "region" | "variant">): StsEndpoint {
  const endpoint = findStsEndpoint(region, variant);
  if (endpoint === undefined) throw new Error(`no endpoint ${variant} in ${region}`);
  return endpoint;
}

function make(vector: EksTokenVector): string {
  return presignEksToken({ ...vector, endpoint: getEndpoint(vector) }).reveal();
}

function wrap(url: string | Uint8Array): string {
  return eksTokenPrefix + Buffer.from(url).toString("base64url");
}

function readUrl(token: string): string {
  return Buffer.from(token.slice(eksTokenPrefix.length), "base64url").toString();
}

function parts(outcome: EksTokenOutcome): Extract<EksTokenOutcome, { kind: "parsed" }>["parts"] {
  if (outcome.kind === "refused") throw new Error(outcome.message);
  return outcome.parts;
}

function flawOf(token: string): EksTokenFlaw | "none" {
  const outcome = parseEksToken(token);
  return outcome.kind === "refused" ? outcome.flaw : "none";
}

test("aws-iam-authenticator's own vector comes out byte for byte", () => {
  const [vector] = eksTokenVectors;
  if (vector === undefined) throw new Error("no vectors");
  expect(make(vector)).toBe(eksTokenPrefix + Buffer.from(upstreamUrl).toString("base64").replaceAll("=", ""));
});

test.each(eksTokenVectors)("$name: the token is made, taken apart, and made again from its parts", (vector) => {
  const token = make(vector);
  expect(readUrl(token)).toContain(`https://${vector.host}/?Action=GetCallerIdentity&`);
  expect(readUrl(token)).toContain(`X-Amz-Signature=${vector.signature}`);
  const parsed = parts(parseEksToken(token));
  expect(parsed).toMatchObject({
    endpoint: { host: vector.host, region: vector.region, isGlobal: vector.variant === "global" },
    accessKeyId: vector.accessKeyId,
    signedAt: vector.signedAt,
    expiresSeconds: 60,
    signature: vector.signature,
  });
  expect(parsed.sessionToken?.reveal()).toBe(vector.sessionToken?.reveal());
  expect(formatEksToken(parsed).reveal()).toBe(token);
});

test("parameters in botocore's order give the same parts, and the URL that goes out is ours", () => {
  const [base = ""] = upstreamUrl.split("?");
  const pairs = (upstreamUrl.split("?")[1] ?? "").split("&");
  for (const order of [pairs.toReversed(), [...pairs.slice(2), ...pairs.slice(0, 2)]]) {
    const parsed = parts(parseEksToken(wrap(`${base}?${order.join("&")}`)));
    expect(formatCallerIdentityUrl(parsed).reveal()).toBe(upstreamUrl);
  }
});

const edit = (from: string | RegExp, to: string): string => wrap(upstreamUrl.replace(from, to));
const refused: readonly [what: string, token: string, flaw: EksTokenFlaw][] = [
  ["nothing", "", "prefix"],
  ["another prefix", `k8s-aws-v2.${Buffer.from(upstreamUrl).toString("base64url")}`, "prefix"],
  ["17 KiB", eksTokenPrefix + "A".repeat(maxEksTokenLength), "too-large"],
  ["the prefix alone", eksTokenPrefix, "base64"],
  ["padding", `${wrap(`${upstreamUrl}&`)}=`, "base64"],
  ["standard base64", `${wrap(upstreamUrl).slice(0, -2)}+/`, "base64"],
  ["a line end, which Go's decoder skips", `${wrap(upstreamUrl)}\n`, "base64"],
  ["a blank, which Buffer skips", `${wrap(upstreamUrl).slice(0, 20)} ${wrap(upstreamUrl).slice(20)}`, "base64"],
  ["loose final bits", wrap("https://sts.amazonaws.com/?a").replace(/.$/, "R"), "base64"],
  ["http", edit("https:", "http:"), "url"],
  ["an upper-case scheme", edit("https:", "HTTPS:"), "url"],
  ["no path", edit("com/?", "com?"), "url"],
  ["a path", edit("com/?", "com/x?"), "url"],
  ["a path that new URL would fold", edit("com/?", "com/a/..?"), "url"],
  ["one slash", edit("https://", "https:/"), "url"],
  ["three slashes", edit("https://", "https:///"), "url"],
  ["a leading blank", edit("https", " https"), "url"],
  ["a tab inside", edit("https", "ht\ttps"), "url"],
  ["a byte that is not ASCII", edit("&X-Amz-Date", "\u00e9&X-Amz-Date"), "url"],
  ["a NUL", edit("&X-Amz-Date", "\0&X-Amz-Date"), "url"],
  ["an empty query", wrap("https://sts.amazonaws.com/?"), "url"],
  ["user information", edit("//sts", "//x@sts"), "host"],
  ["a port", edit(".com/", ".com:443/"), "host"],
  ["a final dot", edit(".com/", ".com./"), "host"],
  ["an upper-case host", edit("sts.us", "STS.us"), "host"],
  ["a full-width letter", wrap(upstreamUrl.replace("sts.", "\uff53ts.")), "host"],
  ["an escaped host", edit("sts.us", "%73ts.us"), "host"],
  ["another service", edit("//sts.", "//ec2."), "host"],
  ["a foreign domain", edit("amazonaws.com", "amazonaws.com.evil.example"), "host"],
  ["a domain with the right end", edit("sts.us-west-2.amazonaws.com", "evil-sts.us-west-2.amazonaws.com"), "host"],
  ["China's region under the wrong domain", edit("sts.us-west-2.", "sts.cn-north-1."), "host"],
  ["a VPC endpoint", edit("sts.us-west-2.amazonaws.com", "vpce-1.sts.us-west-2.vpce.amazonaws.com"), "host"],
  ["no host", edit("sts.us-west-2.amazonaws.com", ""), "host"],
  ["a fragment", wrap(`${upstreamUrl}#x`), "query"],
  ["a semicolon", edit("&Version", ";Version"), "query"],
  ["an escape that is none", edit("20230428%2F", "20230428%zz"), "query"],
  ["a slash as it is", edit("20230428%2F", "20230428/"), "query"],
  ["an equals sign as it is", edit("2011-06-15", "2011=06-15"), "query"],
  ["a cut escape", edit("Expires=60", "Expires=60%2"), "query"],
  ["a lower-case escape", edit("%2F", "%2f"), "query"],
  ["an escape without need", edit("GetCaller", "%47etCaller"), "query"],
  ["a plus for a blank", edit("GetCallerIdentity", "Get+CallerIdentity"), "query"],
  ["a name without a value", edit("Version=2011-06-15", "Version"), "query"],
  ["an ampersand too many", wrap(`${upstreamUrl}&`), "query"],
  ["a surrogate half", edit("GetCallerIdentity", "%ED%A0%80"), "query"],
  ["an unknown parameter", wrap(`${upstreamUrl}&RoleArn=x`), "parameter-unknown"],
  ["CVE-2022-2385: a name that differs in case", wrap(`${upstreamUrl}&action=GetSessionToken`), "parameter-unknown"],
  ["an escaped name", edit("Action=", "%41ction="), "parameter-unknown"],
  ["an empty name", edit("Action=", "="), "parameter-unknown"],
  ["a member of every object", wrap(`${upstreamUrl}&__proto__=x`), "parameter-unknown"],
  ["CVE-2022-2385: a parameter twice", wrap(`${upstreamUrl}&Action=GetCallerIdentity`), "parameter-repeated"],
  ["no action", edit("Action=GetCallerIdentity&", ""), "parameter-missing"],
  ["no expiry", edit("&X-Amz-Expires=60", ""), "parameter-missing"],
  ["no signature", edit(/&X-Amz-Signature=.*/, ""), "parameter-missing"],
  ["another action", edit("GetCallerIdentity", "GetSessionToken"), "action"],
  ["another action in another case", edit("GetCallerIdentity", "getcalleridentity"), "action"],
  ["another version", edit("2011-06-15", "2011-06-16"), "version"],
  ["another algorithm", edit("HMAC-SHA256", "HMAC-SHA1"), "algorithm"],
  ["SigV4a", edit("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "algorithm"],
  ["no access key id", edit(/Credential=[A-Z0-9]+/, "Credential="), "credential"],
  ["an access key id with a colon", edit("Credential=A", "Credential=A%3A"), "credential"],
  ["another day", edit("20230428%2F", "20230427%2F"), "credential"],
  ["another region", edit("us-west-2%2Fsts", "us-east-1%2Fsts"), "credential"],
  ["another service in the scope", edit("%2Fsts%2F", "%2Fec2%2F"), "credential"],
  ["more scope", edit("aws4_request", "aws4_request%2Fx"), "credential"],
  ["a day that does not exist", edit("20230428T", "20230431T"), "date"],
  ["the hour 24", edit("T000000Z", "T240000Z"), "date"],
  ["a date without a zone", edit("T000000Z", "T000000"), "date"],
  ["an expiry of 901", edit("Expires=60", "Expires=901"), "expires"],
  ["a negative expiry", edit("Expires=60", "Expires=-1"), "expires"],
  ["an expiry with a sign", edit("Expires=60", "Expires=%2B60"), "expires"],
  ["an expiry with a zero before it", edit("Expires=60", "Expires=060"), "expires"],
  ["an empty session token", edit("&X-Amz-SignedHeaders", "&X-Amz-Security-Token=&X-Amz-SignedHeaders"), "security-token"],
  ["a session token with a line end", edit("&X-Amz-SignedHeaders", "&X-Amz-Security-Token=a%0Ab&X-Amz-SignedHeaders"), "security-token"],
  ["no cluster signed", edit("host%3Bx-k8s-aws-id", "host"), "signed-headers"],
  ["no host signed", edit("host%3Bx-k8s-aws-id", "x-k8s-aws-id"), "signed-headers"],
  ["one header more", edit("host%3Bx-k8s-aws-id", "amz-sdk-request%3Bhost%3Bx-k8s-aws-id"), "signed-headers"],
  ["a cluster header in another case", edit("x-k8s-aws-id", "X-K8s-Aws-Id"), "signed-headers"],
  ["an upper-case signature", edit("=e211", "=E211"), "signature"],
  ["a short signature", wrap(upstreamUrl.slice(0, -1)), "signature"],
];

test.each(refused)("%s is refused", (_what, token, flaw) => {
  expect(flawOf(token)).toBe(flaw);
});

test("a session token of 4 KiB fits", () => {
  for (const vector of eksTokenVectors.slice(0, 1)) {
    const sessionToken = new Secret("IQoJ+/a=".repeat(512));
    const token = make({ ...vector, sessionToken });
    expect(token.length).toBeGreaterThan(6_000);
    expect(parts(parseEksToken(token)).sessionToken?.reveal()).toBe(sessionToken.reveal());
  }
});

test("any text gives parts or a flaw, and whatever gives parts gives the same token again", () => {
  const characters = fc.constantFrom(..."&=%;?/#:@.+ Aa0\n\u00e9".split(""));
  const damaged = fc
    .tuple(fc.constantFrom(...eksTokenVectors), fc.nat(), fc.nat(3), fc.string({ unit: characters, maxLength: 3 }))
    .map(([vector, at, cut, text]) => {
      const url = readUrl(make(vector));
      const start = at % url.length;
      return wrap(url.slice(0, start) + text + url.slice(start + cut));
    });
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.uint8Array().map(wrap), damaged), (token) => {
      const outcome = parseEksToken(token);
      if (outcome.kind === "refused") return;
      const again = parts(parseEksToken(formatEksToken(outcome.parts).reveal()));
      expect({ ...again, sessionToken: again.sessionToken?.reveal() }).toEqual({
        ...outcome.parts,
        sessionToken: outcome.parts.sessionToken?.reveal(),
      });
      expect(new URL(formatCallerIdentityUrl(outcome.parts).reveal()).host).toBe(outcome.parts.endpoint.host);
    }),
  );
});

test.each([
  ["my-cluster", true],
  ["my cluster", true],
  ["", false],
  [" a", false],
  ["a ", false],
  ["a  b", false],
  ["a\tb", false],
  ["a\r\nb: c", false],
  ["clüster", false],
  ["x".repeat(1025), false],
])("cluster id %j: %s", (text, isGood) => {
  expect(isClusterId(text)).toBe(isGood);
});
