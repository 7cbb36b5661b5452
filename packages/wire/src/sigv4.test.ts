import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { formatPresignedRequest } from "./presign-eks-token.ts";
import { Secret } from "./secret.ts";
import { formatAuthorization, formatCanonicalRequest, type Pair, sign, type SignedRequest } from "./sigv4.ts";
import { findStsEndpoint } from "./sts-endpoint.ts";
import { eksTokenVectors } from "./test-support/eks-token-vectors.ts";

// The key, the instant and the service of AWS's published suite.
const key = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: new Secret(["wJalrXUtnFEMI/K7MDENG", "bPxRfiCYEXAMPLEKEY"].join("+")) };
const vanilla: SignedRequest = {
  method: "GET",
  path: "/",
  query: [],
  headers: [
    ["Host", "example.amazonaws.com"],
    ["X-Amz-Date", "20150830T123600Z"],
  ],
  body: "",
  region: "us-east-1",
  service: "service",
  signedAt: new Date("2015-08-30T12:36:00Z"),
};

function signatureOf(change: Partial<SignedRequest>): string {
  return sign({ ...vanilla, ...change }, key.secretAccessKey);
}

// Names and signatures as in that suite.
test.each<[string, Partial<SignedRequest>, string]>([
  ["get-vanilla", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  [
    "get-vanilla-query-order-key-case",
    {
      query: [
        ["Param2", "value2"],
        ["Param1", "value1"],
      ],
    },
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
  ["post-vanilla", { method: "POST" }, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  [
    "get-header-value-trim",
    { headers: [...vanilla.headers, ["My-Header1", " value1"], ["My-Header2", ' "a   b   c"']] as readonly Pair[] },
    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  ],
  [
    "post-x-www-form-urlencoded",
    {
      method: "POST",
      headers: [["Content-Type", "application/x-www-form-urlencoded"], ...vanilla.headers],
      body: "Param1=value1",
    },
    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  ],
])("AWS's suite: %s", (_name, change, signature) => {
  expect(signatureOf(change)).toBe(signature);
});

test("the Authorization header is that of the suite", () => {
  expect(formatAuthorization(vanilla, key)).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
  );
});

test("the canonical request of aws-iam-authenticator's vector has the hash that its test says", () => {
  for (const vector of eksTokenVectors.slice(0, 1)) {
    const endpoint = findStsEndpoint(vector.region, vector.variant);
    if (endpoint === undefined) throw new Error("no endpoint");
    const request = formatPresignedRequest({ ...vector, endpoint, expiresSeconds: 60 }, vector.clusterId);
    const hash = createHash("sha256").update(formatCanonicalRequest(request)).digest("hex");
    expect(hash).toBe("bf3b1fded91e5e5f017f1ef3412816503859ec00029b9a3e269e0dbccba4231c");
  }
});
