import { type CredentialError, type JsonObject, Secret } from "@kubepass/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { connectIssuer } from "../index.ts";
import { createTestHost } from "../test-support/host.ts";
import { startIssuer } from "../test-support/issuer.ts";
import { exchangeToken, judgeExchange } from "./token-exchange.ts";

const type = (name: string): string => `urn:ietf:params:oauth:token-type:${name}`;
const now = new Date("2030-01-01T00:00:00Z");
const nowSeconds = now.getTime() / 1000;
const request = { requestedType: type("id_token"), audience: "cluster-1" };

function jwt(claims: JsonObject): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${encode({ alg: "ES256" })}.${encode(claims)}.c2ln`;
}

test.each<[string, JsonObject, { expiresAt: Date | undefined; unverifiedSubject: string | undefined }]>([
  ["an opaque token without an end", { access_token: "opaque" }, { expiresAt: undefined, unverifiedSubject: undefined }],
  [
    "an opaque token with an end",
    { access_token: "opaque", expires_in: 60 },
    { expiresAt: new Date(now.getTime() + 60_000), unverifiedSubject: undefined },
  ],
  [
    "a token that ends before the issuer says",
    {
      access_token: jwt({ aud: "cluster-1", sub: "anna", exp: nowSeconds + 30 }),
      expires_in: 60,
      issued_token_type: request.requestedType,
    },
    { expiresAt: new Date(now.getTime() + 30_000), unverifiedSubject: "anna" },
  ],
  [
    "a token that the issuer ends earlier than it says itself",
    { access_token: jwt({ aud: ["a", "cluster-1"], exp: nowSeconds + 90 }), expires_in: 60 },
    { expiresAt: new Date(now.getTime() + 60_000), unverifiedSubject: undefined },
  ],
])("%s is taken", (_what, body, exchanged) => {
  expect(judgeExchange(body, request, now)).toMatchObject(exchanged);
});

test.each<[string, JsonObject, string]>([
  ["without a token", {}, "RESPONSE_INVALID"],
  ["with an empty token", { access_token: "" }, "RESPONSE_INVALID"],
  ["with a token that is no text", { access_token: { a: 1 } }, "RESPONSE_INVALID"],
  ["with a token of another type", { access_token: "opaque", issued_token_type: type("saml2") }, "RESPONSE_INVALID"],
  ["with a type that is no text", { access_token: "opaque", issued_token_type: 1 }, "RESPONSE_INVALID"],
  ["with a token for another audience", { access_token: jwt({ aud: "cluster-2" }) }, "TOKEN_INVALID"],
  ["with a token for nobody", { access_token: jwt({}) }, "TOKEN_INVALID"],
  ["with a token that has ended", { access_token: jwt({ aud: "cluster-1", exp: nowSeconds }) }, "TOKEN_TIME_INVALID"],
])("an answer %s is refused", (_what, body, code) => {
  expect(() => judgeExchange(body, request, now)).toThrow(expect.objectContaining({ code }));
});

test("an access token may be called a JWT, and the reverse", () => {
  const body = { access_token: "opaque", issued_token_type: type("jwt") };
  expect(judgeExchange(body, { ...request, requestedType: type("access_token") }, now).token.reveal()).toBe("opaque");
});

function failureOf(body: JsonObject): { readonly code: string; readonly message: string } {
  try {
    judgeExchange(body, request, now);
    return { code: "", message: "" };
  } catch (error) {
    return error as CredentialError;
  }
}

test("any answer is judged, and the message never quotes a token", () => {
  const body = fc.record(
    {
      access_token: fc.oneof(fc.string(), fc.constant(jwt({ aud: "x", sub: "canary-7" }))),
      issued_token_type: fc.anything(),
      expires_in: fc.anything(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(body, (answer) => {
      const { code, message } = failureOf(JSON.parse(JSON.stringify(answer)) as JsonObject);
      expect(["", "RESPONSE_INVALID", "TOKEN_INVALID", "TOKEN_TIME_INVALID"]).toContain(code);
      expect(message).not.toContain("canary-7");
    }),
  );
});

test.each([
  ["HTML", 200, "<html>", "RESPONSE_INVALID"],
  ["a list", 200, "[]", "RESPONSE_INVALID"],
  ["a refusal", 400, '{"error":"invalid_target"}', "ISSUER_REFUSED"],
  ["an overload", 503, "busy", "ISSUER_UNREACHABLE"],
])("an issuer that answers %s to an exchange is named", async (_what, status, text, code) => {
  const issuer = await startIssuer();
  issuer.answers["/token"] = (_request, response) => void response.writeHead(status).end(text);
  const { signal } = new AbortController();
  const connection = await connectIssuer(
    { issuer: issuer.origin, clientId: "kubepass", isInsecureIssuerAllowed: true },
    createTestHost(),
    signal,
  );
  const subject = { token: new Secret("subject"), type: type("jwt") };
  await expect(exchangeToken(connection, { ...request, subject }, signal)).rejects.toMatchObject({ code });
});
