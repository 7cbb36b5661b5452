import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { Secret } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import type { KeySource } from "./connection.ts";
import { signatureAlgorithms } from "./key-set.ts";
import { createKeySource } from "./keys.ts";
import { createFetch } from "@kubepass/network";
import { sendJson } from "@kubepass/network/test-support";
import { createTestHost } from "./test-support/host.ts";
import { createTestKey, describeFailure, signJwt, startIssuer, type TestKey } from "./test-support/issuer.ts";
import { verifyIdToken } from "./verify-id-token.ts";

const signal = new AbortController().signal;
const expected = { issuer: "https://issuer.example", clientId: "kubernetes" };
const clock = createClock();
const claims = { iss: expected.issuer, aud: expected.clientId, sub: "anna", iat: nowSeconds(), exp: nowSeconds() + 300 };
const key = createTestKey("ES256");

function createClock(): { now(): Date; sleep(): Promise<void> } {
  return { now: () => new Date("2030-01-01T00:00:00Z"), sleep: () => Promise.resolve() };
}

function nowSeconds(): number {
  return clock.now().getTime() / 1000;
}

async function startKeys(...keys: readonly TestKey[]): Promise<KeySource> {
  const issuer = await startIssuer(keys);
  const host = createTestHost();
  return createKeySource({ jwksUrl: `${issuer.origin}/keys`, fetch: createFetch({}, host), host });
}

function verify(token: string, keys: KeySource): Promise<unknown> {
  return verifyIdToken(new Secret(token), expected, keys, clock, signal);
}

describe("an ID token", () => {
  it.each(signatureAlgorithms.map((name) => [name]))("signed with %s is accepted", async (algorithm) => {
    const signer = createTestKey(algorithm);
    const verified = await verifyIdToken(new Secret(signJwt(claims, signer)), expected, await startKeys(signer), clock, signal);
    expect(verified).toMatchObject({ subject: "anna", claims, expiresAt: new Date("2030-01-01T00:05:00Z") });
  });

  it("of 64 KiB is accepted", async () => {
    const groups = Array.from({ length: 3000 }, (_, index) => `group-with-a-name-${index}`);
    const token = signJwt({ ...claims, groups }, key);
    expect(token.length).toBeGreaterThan(65_536);
    expect(await verify(token, await startKeys(key))).toMatchObject({ subject: "anna" });
  });

  it.each([
    [
      "without a signature",
      () => `${signJwt(claims, key, { alg: "none" }).split(".").slice(0, 2).join(".")}.`,
      /^TOKEN_INVALID: .* signed with none, which is not taken/,
    ],
    ["with alg none", () => signJwt(claims, key, { alg: "none" }), /^TOKEN_INVALID: .* signed with none/],
    ["with alg in another case", () => signJwt(claims, key, { alg: "es256" }), /^TOKEN_INVALID: .* signed with es256/],
    ["with HMAC", () => signJwt(claims, key, { alg: "HS256" }), /^TOKEN_INVALID: .* signed with HS256/],
    ["without alg", () => signJwt(claims, key, { alg: undefined }), /^TOKEN_INVALID: .* signed with no algorithm/],
    ["with critical extensions", () => signJwt(claims, key, { crit: ["exp"] }), /^TOKEN_INVALID: .* critical extensions/],
    ["that is an access token", () => signJwt(claims, key, { typ: "at+jwt" }), /^TOKEN_INVALID: .* is a token of type at\+jwt/],
    ["by an unknown key", () => signJwt(claims, key, { kid: "gone" }), /^KEY_UNKNOWN: .* the key gone/],
    [
      "by another key under the same kid",
      () => signJwt(claims, createTestKey("ES256")),
      /^TOKEN_INVALID: the ID token's signature does not match/,
    ],
    ["with changed claims", () => swapClaims(signJwt(claims, key)), /^TOKEN_INVALID: the ID token's signature does not match/],
    ["that is cut short", () => signJwt(claims, key).slice(0, -20), /^TOKEN_INVALID: the ID token's signature does not match/],
    ["that is cut in its claims", () => signJwt(claims, key).slice(0, 120), /^TOKEN_INVALID: the ID token cannot be read/],
    [
      "that is encrypted",
      () => "eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn",
      /^TOKEN_INVALID: the ID token is encrypted, which is not supported; turn off ID token encryption/,
    ],
    ["that is empty", () => "", /^TOKEN_INVALID/],
    ["that is larger than any token", () => "a".repeat(2_000_000), /^TOKEN_INVALID/],
    ["that has expired", () => signJwt({ ...claims, exp: nowSeconds() - 60 }, key), /^TOKEN_TIME_INVALID/],
  ])("%s is refused", async (_what, create, outcome) => {
    const token = create();
    const failure = await describeFailure(verify(token, await startKeys(key)));
    expect(failure).toMatch(outcome);
    expect(failure).not.toContain(token.slice(-40) || "nothing to show");
  });

  it("signed with the public key as an HMAC secret is refused", async () => {
    const pem = JSON.stringify(key.jwk);
    const [header, body] = signJwt(claims, key, { alg: "HS256" }).split(".");
    const mac = createHmac("sha256", pem).update(`${header}.${body}`).digest("base64url");
    expect(await describeFailure(verify(`${header}.${body}.${mac}`, await startKeys(key)))).toMatch(/^TOKEN_INVALID/);
  });

  it("of any text is refused with an own error only", async () => {
    const keys = await startKeys(key);
    const part = fc.oneof(
      fc.base64String(),
      fc.json().map((text) => Buffer.from(text).toString("base64url")),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.tuple(part, part, part).map((parts) => parts.join(".")),
        ),
        async (token) => {
          expect(await describeFailure(verify(token, keys))).toMatch(/^(TOKEN_INVALID|KEY_UNKNOWN)/);
        },
      ),
    );
  });
});

function swapClaims(token: string): string {
  const [header, , signature] = token.split(".");
  return [header, Buffer.from(JSON.stringify({ ...claims, sub: "root" })).toString("base64url"), signature].join(".");
}

describe("an issuer that puts another key in the place of one", () => {
  const [old, next] = [createTestKey("ES256"), createTestKey("ES256")];
  const nameless = ({ jwk }: TestKey): Record<string, unknown> => ({ ...jwk, kid: undefined });

  it.each<[string, (key: TestKey) => unknown, object]>([
    ["without a name", nameless, { kid: undefined }],
    ["under the same name", ({ jwk }) => jwk, {}],
  ])("%s is believed after one download, at most once a minute", async (_, publish, header) => {
    const issuer = await startIssuer();
    const host = createTestHost();
    const publishKey = (published: TestKey): void => {
      issuer.answers["/keys"] = (_request, response) => sendJson(response, { keys: [publish(published)] });
    };
    const verifyInNewRun = async (signer: TestKey): Promise<string> =>
      await describeFailure(
        verify(signJwt(claims, signer, header), createKeySource({ jwksUrl: `${issuer.origin}/keys`, fetch: createFetch({}, host), host })),
      );
    publishKey(old);
    expect(await verifyInNewRun(old)).toBe("no failure");
    publishKey(next);
    expect(await verifyInNewRun(next)).toMatch(/^TOKEN_INVALID: the ID token's signature does not match/);
    expect(issuer.requests).toHaveLength(1);
    host.advance(60_000);
    expect(await verifyInNewRun(next)).toBe("no failure");
    expect(await verifyInNewRun(old)).toMatch(/^TOKEN_INVALID/);
    expect(issuer.requests).toHaveLength(2);
  });
});
