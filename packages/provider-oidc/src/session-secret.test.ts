import { Secret } from "@kubepass/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatOidcSession, type OidcSession, parseOidcSession } from "./session-secret.ts";

const issuer = "https://issuer.example";
const full: OidcSession = {
  issuer,
  grant: "auto",
  refreshToken: new Secret("refresh"),
  subject: "anna-1",
  idToken: { token: new Secret("a.b.c"), expiresAt: new Date("2030-01-01T00:00:00Z") },
  dpopKey: { kty: "EC", d: "x" },
  scope: "openid",
};

function reveal(session: OidcSession): unknown {
  return JSON.parse(formatOidcSession(session).reveal());
}

test.each<[string, Partial<OidcSession>]>([
  ["everything", {}],
  ["the least", { subject: undefined, idToken: undefined, dpopKey: undefined, scope: undefined }],
])("a session with %s comes back as it was", (_what, change) => {
  const session = { ...full, ...change };
  expect(reveal(parseOidcSession(formatOidcSession(session), issuer))).toEqual(reveal(session));
});

test.each<[string, unknown]>([
  ["a list", []],
  ["another version", { ...(reveal(full) as object), version: 2 }],
  ["another issuer", { ...(reveal(full) as object), issuer: "https://evil.example" }],
  ["an unknown grant", { ...(reveal(full) as object), grant: "implicit" }],
  ["no refresh token", { ...(reveal(full) as object), refreshToken: undefined }],
  ["an empty refresh token", { ...(reveal(full) as object), refreshToken: "" }],
  ["a refresh token that is a number", { ...(reveal(full) as object), refreshToken: 1 }],
  ["an ID token without its end", { ...(reveal(full) as object), idTokenExpiresAt: undefined }],
  ["an end without ID token", { ...(reveal(full) as object), idToken: undefined }],
  ["an ID token without its subject", { ...(reveal(full) as object), subject: undefined }],
  ["a broken end", { ...(reveal(full) as object), idTokenExpiresAt: "soon" }],
  ["a key that is a text", { ...(reveal(full) as object), dpopKey: "x" }],
])("a session with %s is corrupt", (_what, value) => {
  expect(() => parseOidcSession(new Secret(JSON.stringify(value)), issuer)).toThrow(expect.objectContaining({ code: "SESSION_CORRUPT" }));
});

test("any text is a session or corrupt, and the message never quotes it", () => {
  const value = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ version: fc.constant(1), issuer: fc.constant(issuer), refreshToken: fc.string() }).map((object) => JSON.stringify(object)),
  );
  fc.assert(
    fc.property(value, (text) => {
      const canary = `${text}canary-5`;
      expect(() => parseOidcSession(new Secret(canary), issuer)).toThrow(
        expect.objectContaining({ code: "SESSION_CORRUPT", message: expect.not.stringContaining("canary-5") }),
      );
    }),
  );
});
