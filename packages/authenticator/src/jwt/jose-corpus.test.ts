import type { JsonObject } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { configurationOf, createScene, goodClaims, judge, judgeBriefly, nowSeconds } from "../test-support/jwt-scene.ts";
import { createTestKey, encodePart, signJwt, type TestKey } from "../test-support/sign-jwt.ts";

const rsa = createTestKey("rsa");
const p256 = createTestKey("p256", "P-256");
const p384 = createTestKey("p384", "P-384");
const p521 = createTestKey("p521", "P-521");
const stranger = createTestKey("p256", "P-256");
const keys = [rsa, p256, p384, p521];
const scene = createScene(keys);
const header = { alg: "ES256", kid: "p256" };
const good = signJwt(header, goodClaims, p256);
const [head = "", body = "", signature = ""] = good.split(".");
const text = JSON.stringify(goodClaims);

async function inHeader(members: JsonObject, key: TestKey = p256): Promise<string> {
  return await judgeBriefly(scene, signJwt({ ...header, ...members }, goodClaims, key));
}

async function withClaims(members: JsonObject): Promise<string> {
  return await judgeBriefly(scene, signJwt(header, { ...goodClaims, ...members }, p256));
}

async function withPayload(payload: string | Uint8Array): Promise<string> {
  return await judgeBriefly(scene, signJwt(header, payload, p256));
}

describe("algorithms and keys", () => {
  it.each([
    [rsa, ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]],
    [p256, ["ES256"]],
    [p384, ["ES384"]],
    [p521, ["ES512"]],
  ] as const)("takes all nine algorithms %#", async (key, algorithms) => {
    for (const alg of algorithms) expect(await judgeBriefly(scene, signJwt({ alg, kid: key.kid }, goodClaims, key, alg))).toBe("jane");
  });

  it.each([
    ["none", { alg: "none" }, "ALGORITHM_REFUSED"],
    ["none in another case", { alg: "None" }, "ALGORITHM_REFUSED"],
    ["no alg", { alg: undefined }, "ALGORITHM_REFUSED"],
    ["a name of every object", { alg: "__proto__" }, "ALGORITHM_REFUSED"],
    ["EdDSA", { alg: "EdDSA" }, "ALGORITHM_REFUSED"],
    ["an RSA algorithm with a key on a curve", { alg: "RS256" }, "SIGNATURE_INVALID"],
    ["another curve's algorithm", { alg: "ES384" }, "SIGNATURE_INVALID"],
    ["alg as a number", { alg: 7 }, "TOKEN_MALFORMED"],
    ["a kid that nobody has", { kid: "other" }, "KEY_UNKNOWN"],
    ["a kid of another key", { kid: "p384" }, "SIGNATURE_INVALID"],
    ["kid as a number", { kid: 7 }, "TOKEN_MALFORMED"],
    ["no kid", { kid: undefined }, "jane"],
    ["crit", { crit: ["exp"], exp: 1 }, "EXTENSION_REFUSED"],
    ["crit with b64", { crit: ["b64"], b64: true }, "EXTENSION_REFUSED"],
    ["an unencoded payload", { b64: false }, "EXTENSION_REFUSED"],
    ["jku and x5u, which are never fetched", { jku: "https://evil.test", x5u: "https://evil.test" }, "jane"],
    ["a private key in the header", { jwk: { kty: "oct", k: "AAAA" } }, "TOKEN_MALFORMED"],
    ["a huge header", { pad: "x".repeat(200_000) }, "jane"],
  ] as const)("%s", async (_name, members, expected) => {
    expect(await inHeader(members)).toBe(expected);
  });

  it("never takes HMAC with the public key as secret", async () => {
    expect(await judgeBriefly(scene, signJwt({ alg: "HS256", kid: "p256" }, goodClaims, p256, "HS256"))).toBe("ALGORITHM_REFUSED");
  });

  it("never uses a key that the token brings along", async () => {
    const { kid: _, ...jwk } = stranger.jwk;
    expect(await judgeBriefly(scene, signJwt({ ...header, jwk: JSON.parse(JSON.stringify(jwk)) }, goodClaims, stranger))).toBe(
      "SIGNATURE_INVALID",
    );
  });

  it("passes over keys that it cannot use, and takes the others of the set", async () => {
    const odd = [
      { kid: "x", jwk: { kty: "OKP", crv: "X25519", x: "AAAA", kid: "p256" } },
      { kid: "y", jwk: { kty: "EC", crv: "P-256", x: "AA", y: "AA" } },
    ];
    const mixed = createScene([...odd.map((each) => ({ ...each, privateKey: p256.privateKey })), p256]);
    expect(await judgeBriefly(mixed, good)).toBe("jane");
  });

  it("takes only the algorithms that it was given", async () => {
    expect(await judgeBriefly(createScene(keys, configurationOf(), { algorithms: ["RS256"] }), good)).toBe("ALGORITHM_REFUSED");
  });
});

describe("the form of a token", () => {
  it.each([
    ["two parts", `${head}.${body}`, "not ours"],
    ["four parts", `${good}.${signature}`, "not ours"],
    [
      "two signatures",
      JSON.stringify({
        payload: body,
        signatures: [
          { protected: head, signature },
          { protected: head, signature },
        ],
      }),
      "not ours",
    ],
    ["JSON serialisation", JSON.stringify({ payload: body, protected: head, signature }), "not ours"],
    ["nothing", "", "not ours"],
    ["points", "..", "not ours"],
    ["no signature", `${head}.${body}.`, "SIGNATURE_INVALID"],
    ["no header", `.${body}.${signature}`, "ALGORITHM_REFUSED"],
    ["a changed payload", `${head}.${encodePart(text.replace("jane", "john"))}.${signature}`, "SIGNATURE_INVALID"],
    ["a short signature", `${head}.${body}.${signature.slice(0, -6)}`, "SIGNATURE_INVALID"],
    ["a signature of zeros", `${head}.${body}.${"A".repeat(86)}`, "SIGNATURE_INVALID"],
    ["padding", `${head}.${body}.${signature}==`, "TOKEN_MALFORMED"],
    ["a space inside", `${head}.${body}.${signature.slice(0, 3)} ${signature.slice(3)}`, "TOKEN_MALFORMED"],
    ["a header that is no JSON", `${encodePart("{")}.${body}.${signature}`, "TOKEN_MALFORMED"],
    ["a header with a key twice", `${encodePart('{"alg":"ES256","alg":"none"}')}.${body}.${signature}`, "TOKEN_MALFORMED"],
    [
      "a token of more than 1 MiB",
      `${head}.${encodePart(JSON.stringify({ ...goodClaims, pad: "x".repeat(1_100_000) }))}.${signature}`,
      "not ours",
    ],
  ])("%s", async (_name, token, expected) => {
    expect(await judgeBriefly(scene, token)).toBe(expected);
  });

  it("takes one text for one signature", async () => {
    // Of the last character's six bits only four belong to the signature: eleven other texts would be the same bytes.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = alphabet.indexOf(signature.slice(-1));
    const stray = `${head}.${body}.${signature.slice(0, -1)}${alphabet[last + 1] ?? ""}`;
    expect(await judgeBriefly(scene, stray)).toBe("TOKEN_MALFORMED");
    expect(await judgeBriefly(createScene(keys, configurationOf(), { isInsecureParsingAllowed: true }), stray)).toBe("jane");
  });
});

describe("the text of claims", () => {
  it.each([
    ["a key twice", `${text.slice(0, -1)},"sub":"admin"}`, "CLAIMS_AMBIGUOUS"],
    ["a key twice, once escaped", `${text.slice(0, -1)},"s\\u0075b":"admin"}`, "CLAIMS_AMBIGUOUS"],
    ["a key twice deep inside", `${text.slice(0, -1)},"a":[{"b":{"c":1,"c":2}}]}`, "CLAIMS_AMBIGUOUS"],
    ["keys that look like text with colons", `${text.slice(0, -1)},"a:b":"{\\"c\\":1,\\"c\\":2}"}`, "jane"],
    ["a registered claim in odd case", `${text.slice(0, -1)},"Exp":9999999999}`, "CLAIMS_AMBIGUOUS"],
    ["a registered claim with a long s", `${text.slice(0, -1)},"\u017fub":"admin"}`, "CLAIMS_AMBIGUOUS"],
    ["a lone surrogate", `${text.slice(0, -1)},"note":"\\ud800"}`, "CLAIMS_AMBIGUOUS"],
    ["a surrogate pair", `${text.slice(0, -1)},"note":"\\ud83d\\ude00"}`, "jane"],
    [
      "invalid UTF-8",
      Buffer.concat([Buffer.from(`${text.slice(0, -1)},"note":"`), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
      "CLAIMS_AMBIGUOUS",
    ],
    ["deep nesting", `${text.slice(0, -1)},"deep":${"[".repeat(5000)}${"]".repeat(5000)}}`, "not ours"],
    ["a prototype", `${text.slice(0, -1)},"__proto__":{"sub":"admin"}}`, "jane"],
    ["not an object", `[${text}]`, "not ours"],
    ["not JSON", `${text},`, "not ours"],
  ])("%s", async (_name, payload, expected) => {
    expect(await withPayload(payload)).toBe(expected);
  });
});

describe("registered claims", () => {
  it.each([
    [{ exp: undefined }, "TOKEN_EXPIRED"],
    [{ exp: nowSeconds }, "jane"],
    [{ exp: nowSeconds - 1 }, "TOKEN_EXPIRED"],
    [{ exp: `${nowSeconds + 60}` }, "jane"],
    [{ exp: nowSeconds + 0.9 }, "jane"],
    [{ exp: "soon" }, "CLAIMS_MALFORMED"],
    [{ exp: null }, "CLAIMS_MALFORMED"],
    [{ exp: 1e300 }, "TOKEN_EXPIRED"],
    [{ exp: 253_402_300_800 }, "jane"],
    [{ nbf: nowSeconds + 60 }, "jane"],
    [{ nbf: nowSeconds + 61 }, "TOKEN_NOT_YET_VALID"],
    [{ nbf: null }, "jane"],
    [{ iat: "yesterday" }, "CLAIMS_MALFORMED"],
    [{ aud: ["other", "cluster"], azp: "other" }, "jane"],
    [{ aud: "other" }, "AUDIENCE_MISMATCH"],
    [{ aud: undefined }, "AUDIENCE_MISMATCH"],
    [{ aud: 7 }, "CLAIMS_MALFORMED"],
    [{ iss: "https://other.test" }, "not ours"],
    [{ iss: 7 }, "not ours"],
    [{ sub: 7 }, "CLAIMS_MALFORMED"],
    [{ sub: undefined }, "USERNAME_UNREADABLE"],
    [{ groups: 42 }, "GROUPS_UNREADABLE"],
    [{ groups: [1] }, "GROUPS_UNREADABLE"],
    [{ _claim_names: { groups: "src" }, _claim_sources: { src: { endpoint: "https://elsewhere.test" } } }, "DISTRIBUTED_CLAIMS_REFUSED"],
    [{ _claim_names: { groups: "src" }, _claim_sources: { src: { JWT: "x" } } }, "jane"],
    [{ _claim_names: { groups: "src" } }, "CLAIMS_MALFORMED"],
  ] as const)("%j gives %s", async (members, expected) => {
    expect(await withClaims(members)).toBe(expected);
  });

  it("refuses numbers that no double holds", async () => {
    expect(await withPayload(text.replace(/"exp":\d+/, '"exp":1e400'))).toBe("CLAIMS_MALFORMED");
  });

  it("never tells a claim's value or the token", async () => {
    const verdict = await judge(scene, signJwt(header, { ...goodClaims, groups: { secret: "hunter2" } }, p256));
    expect(JSON.stringify(verdict)).not.toMatch(/hunter2|eyJ/);
  });

  it("gives the token's id as a credential id, and nobody a later end than exp", async () => {
    const verdict = await judge(scene, signJwt(header, { ...goodClaims, jti: "id-1" }, p256));
    expect(verdict).toEqual({
      kind: "verified",
      user: { username: "jane", uid: "", groups: [], extra: { "authentication.kubernetes.io/credential-id": ["JTI=id-1"] } },
      expiresAt: new Date((nowSeconds + 600) * 1000),
    });
  });
});
