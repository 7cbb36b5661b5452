import { rmSync, writeFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeySource } from "./connection.ts";
import { findVerificationKey } from "./key-set.ts";
import { parseKeySet } from "@kubepass/network";
import { createKeySource } from "./keys.ts";
import { createFetch } from "@kubepass/network";
import { createTestHost, type TestHost } from "./test-support/host.ts";
import { createTestKey, describeFailure, startIssuer, type TestIssuer } from "./test-support/issuer.ts";
import { sendJson } from "@kubepass/network/test-support";

const signal = new AbortController().signal;
const minuteMs = 60_000;
const first = createTestKey("ES256", "first");
const second = createTestKey("ES256", "second");

function createSource(issuer: TestIssuer, host: TestHost): KeySource {
  return createKeySource({ jwksUrl: `${issuer.origin}/keys`, fetch: createFetch({ totalTimeoutMs: 300 }, host), host });
}

function publish(issuer: TestIssuer, keys: readonly unknown[]): void {
  issuer.answers["/keys"] = (_request, response) => sendJson(response, { keys });
}

describe("the keys of an issuer", () => {
  it("are fetched once and found by kid, also by another run", async () => {
    const issuer = await startIssuer([first, second]);
    const host = createTestHost();
    expect((await createSource(issuer, host).find({ alg: "ES256", kid: "second" }, signal)).type).toBe("public");
    expect((await createSource(issuer, host).find({ alg: "ES256", kid: "first" }, signal)).type).toBe("public");
    expect(issuer.paths()).toEqual(["/keys"]);
  });

  it("are fetched again for a key that appeared after a minute", async () => {
    const issuer = await startIssuer([first]);
    const host = createTestHost();
    await createSource(issuer, host).find({ alg: "ES256", kid: "first" }, signal);
    publish(issuer, [second.jwk]);
    host.advance(minuteMs);
    const source = createSource(issuer, host);
    await source.find({ alg: "ES256", kid: "second" }, signal);
    expect(await describeFailure(source.find({ alg: "ES256", kid: "first" }, signal))).toMatch(
      /^KEY_UNKNOWN: the token is signed by the key first, which .*\/keys does not publish/,
    );
    expect(issuer.requests.length).toBe(2);
  });

  it("are fetched at most once a minute for unknown keys, over all runs", async () => {
    const issuer = await startIssuer([first]);
    const host = createTestHost();
    for (const kid of ["a", "b", "c", "d"])
      expect(await describeFailure(createSource(issuer, host).find({ alg: "ES256", kid }, signal))).toMatch(/^KEY_UNKNOWN/);
    expect(issuer.requests.length).toBe(1);
    host.advance(minuteMs);
    await describeFailure(createSource(issuer, host).find({ alg: "ES256", kid: "a" }, signal));
    expect(issuer.requests.length).toBe(2);
  });

  it("are fetched at most once a minute also where no file can be written", async () => {
    const issuer = await startIssuer([first]);
    const host = createTestHost();
    rmSync(host.directories.cache, { recursive: true, force: true });
    writeFileSync(host.directories.cache, "");
    const source = createSource(issuer, host);
    for (const kid of ["first", "a", "b"]) await describeFailure(source.find({ alg: "ES256", kid }, signal));
    expect(issuer.requests.length).toBe(1);
  });

  it("serve for a day longer while the issuer is unreachable", async () => {
    const issuer = await startIssuer([first]);
    const host = createTestHost();
    await createSource(issuer, host).find({ alg: "ES256", kid: "first" }, signal);
    await issuer.close();
    host.advance(24 * 60 * minuteMs);
    await createSource(issuer, host).find({ alg: "ES256", kid: "first" }, signal);
    expect(await describeFailure(createSource(issuer, host).find({ alg: "ES256", kid: "other" }, signal))).toMatch(/^ISSUER_UNREACHABLE/);
    host.advance(61 * minuteMs);
    expect(await describeFailure(createSource(issuer, host).find({ alg: "ES256", kid: "first" }, signal))).toMatch(/^ISSUER_UNREACHABLE/);
  });

  it.each([
    ["404", (issuer: TestIssuer) => delete issuer.answers["/keys"], /^ISSUER_INVALID: .*\/keys publishes no keys \(status 404\)/],
    [
      "a web page",
      (issuer: TestIssuer) => (issuer.answers["/keys"] = (_request, response) => response.end("<html>")),
      /^ISSUER_INVALID: .* no key set/,
    ],
    [
      "an object without keys",
      (issuer: TestIssuer) => (issuer.answers["/keys"] = (_request, response) => sendJson(response, {})),
      /^ISSUER_INVALID: .* no key set/,
    ],
    ["no key at all", (issuer: TestIssuer) => publish(issuer, []), /^KEY_UNKNOWN/],
  ])("that are %s are reported", async (_what, prepare, expected) => {
    const issuer = await startIssuer([first]);
    prepare(issuer);
    expect(await describeFailure(createSource(issuer, createTestHost()).find({ alg: "ES256", kid: "first" }, signal))).toMatch(expected);
  });

  it("are reported when the issuer names no place for them", async () => {
    const host = createTestHost();
    const source = createKeySource({ jwksUrl: undefined, fetch: createFetch({}, host), host });
    expect(await describeFailure(source.find({ alg: "ES256" }, signal))).toMatch(/^ISSUER_INVALID: .* names no jwks_uri/);
  });

  it("are named without control characters", async () => {
    const issuer = await startIssuer([first]);
    const failure = await describeFailure(createSource(issuer, createTestHost()).find({ alg: "ES256", kid: "\u001b[2Jgone" }, signal));
    expect(failure).toMatch(/^KEY_UNKNOWN/);
    expect(failure).not.toContain("\u001b");
  });
});

describe("the key for a header", () => {
  const rsa = createTestKey("RS256", "rsa");
  const edwards = createTestKey("EdDSA", "edwards");
  const odd = [
    null,
    7,
    { kty: "EC" },
    { kty: "EC", crv: "P-256", x: "!", y: "?", kid: "first", use: "sig" },
    { kty: "oct", k: "AAAA", kid: "first" },
  ];
  const cases: readonly (readonly [string, readonly unknown[], object, boolean])[] = [
    ["by kid", [first.jwk, second.jwk], { alg: "ES256", kid: "first" }, true],
    ["among odd keys", [...odd, first.jwk], { alg: "ES256", kid: "first" }, true],
    ["without kid when one fits", [first.jwk, rsa.jwk], { alg: "ES256" }, true],
    ["without kid when two fit", [first.jwk, second.jwk], { alg: "ES256" }, false],
    ["of another curve", [first.jwk], { alg: "ES384", kid: "first" }, false],
    ["of another kind", [first.jwk], { alg: "RS256", kid: "first" }, false],
    ["whose own alg differs", [rsa.jwk], { alg: "PS256", kid: "rsa" }, false],
    ["without alg of its own", [{ ...rsa.jwk, alg: undefined }], { alg: "PS256", kid: "rsa" }, true],
    ["for encryption", [{ ...first.jwk, use: "enc" }], { alg: "ES256", kid: "first" }, false],
    ["for signing only", [{ ...first.jwk, key_ops: ["sign"] }], { alg: "ES256", kid: "first" }, false],
    ["for verifying", [{ ...first.jwk, use: undefined, key_ops: ["verify"] }], { alg: "ES256", kid: "first" }, true],
    ["EdDSA", [edwards.jwk], { alg: "EdDSA", kid: "edwards" }, true],
    ["EdDSA by its newer name", [edwards.jwk], { alg: "Ed25519", kid: "edwards" }, true],
    ["with none", [first.jwk], { alg: "none", kid: "first" }, false],
    ["with HMAC", [{ kty: "oct", k: "AAAA", kid: "first" }], { alg: "HS256", kid: "first" }, false],
    ["without alg", [first.jwk], { kid: "first" }, false],
    ["with a kid that is no string", [first.jwk], { alg: "ES256", kid: 1 }, false],
  ];

  it.each(cases)("%s", async (_what, keys, header, isFound) => {
    const parsed = parseKeySet(JSON.stringify({ keys })) ?? [];
    expect((await findVerificationKey(parsed, { ...header })) !== undefined).toBe(isFound);
  });

  it("is public also where the issuer publishes a private key", async () => {
    const pair = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const jwk = { ...(await webcrypto.subtle.exportKey("jwk", pair.privateKey)), key_ops: ["verify"], kid: "leaked" };
    const key = await findVerificationKey(parseKeySet(JSON.stringify({ keys: [jwk] })) ?? [], { alg: "ES256", kid: "leaked" });
    expect(key?.type).toBe("public");
  });

  it("is looked for in any set without failing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.dictionary(fc.constantFrom("alg", "kid"), fc.jsonValue()), async (keys, header) => {
        const parsed = parseKeySet(JSON.stringify({ keys })) ?? [];
        expect(await findVerificationKey(parsed, JSON.parse(JSON.stringify(header)))).toBeUndefined();
      }),
    );
  });
});
