import * as fc from "fast-check";
import { isCredentialError, Secret } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { connectIssuer } from "./connect-issuer.ts";
import type { TokenSet } from "./connection.ts";
import { type ExpectedTokens, parseTokenAnswer, receiveTokens } from "./receive-tokens.ts";
import { createTestHost } from "./test-support/host.ts";
import { createTestKey, describeFailure, signJwt, startIssuer, type TestIssuer } from "./test-support/issuer.ts";

const signal = new AbortController().signal;
const key = createTestKey("ES256");
const now = new Date("2030-01-01T00:00:00Z");

function claimsOf(issuer: TestIssuer, more: object = {}): object {
  return { iss: issuer.origin, aud: "kubernetes", sub: "anna", iat: now.getTime() / 1000, exp: now.getTime() / 1000 + 300, ...more };
}

async function receive(issuer: TestIssuer, body: unknown, expected: Partial<ExpectedTokens> = {}, status = 200): Promise<TokenSet> {
  const connection = await connectIssuer(
    { issuer: issuer.origin, clientId: "kubernetes", isInsecureIssuerAllowed: true },
    createTestHost(),
    signal,
  );
  const response = new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
  return await receiveTokens(connection, response, { idToken: "required", ...expected }, signal);
}

describe("the tokens of an answer", () => {
  it("are the verified ID token, the access token and the refresh token with their ends", async () => {
    const issuer = await startIssuer([key]);
    const idToken = signJwt(claimsOf(issuer, { nonce: "n-1" }), key);
    const tokens = await receive(
      issuer,
      {
        id_token: idToken,
        access_token: "at",
        token_type: "Bearer",
        expires_in: 60,
        refresh_token: "rt",
        refresh_expires_in: "3600",
        scope: "openid",
      },
      { nonce: "n-1", subject: "anna" },
    );
    expect(tokens.idToken).toMatchObject({ subject: "anna", expiresAt: new Date("2030-01-01T00:05:00Z") });
    expect([tokens.idToken?.token.reveal(), tokens.accessToken?.token.reveal(), tokens.refreshToken?.token.reveal(), tokens.scope]).toEqual(
      [idToken, "at", "rt", "openid"],
    );
    expect([tokens.accessToken?.expiresAt, tokens.refreshToken?.expiresAt]).toEqual([
      new Date("2030-01-01T00:01:00Z"),
      new Date("2030-01-01T01:00:00Z"),
    ]);
    expect(JSON.stringify(tokens)).not.toContain(idToken);
  });

  it("may be an access token alone where that is asked for", async () => {
    const tokens = await receive(await startIssuer([key]), { access_token: "at", token_type: "DPoP" }, { idToken: "optional" });
    expect([tokens.idToken, tokens.accessToken?.token.reveal(), tokens.accessToken?.expiresAt]).toEqual([undefined, "at", undefined]);
  });

  it("are refused when the ID token is missing, with what to do and without the other tokens", async () => {
    const failure = await describeFailure(receive(await startIssuer([key]), { access_token: "canary", token_type: "Bearer" }));
    expect(failure).toMatch(
      /^RESPONSE_INVALID: the token endpoint's answer has no id_token; add the scope openid, .* or use the access token$/,
    );
    expect(failure).not.toContain("canary");
  });

  it("are refused when an ID token is bad, also where none was required", async () => {
    const issuer = await startIssuer([key]);
    const idToken = signJwt(claimsOf(issuer, { aud: "other" }), key);
    expect(await describeFailure(receive(issuer, { id_token: idToken }, { idToken: "optional" }))).toMatch(
      /^TOKEN_INVALID: the ID token is for other/,
    );
  });

  it("are refused when they are of another person than the session", async () => {
    const issuer = await startIssuer([key]);
    const idToken = signJwt(claimsOf(issuer, { sub: "mallory" }), key);
    expect(await describeFailure(receive(issuer, { id_token: idToken }, { subject: "anna" }))).toMatch(
      /^IDENTITY_CHANGED: the issuer answered for subject mallory, not for anna/,
    );
  });

  it("are refused when the access token beside the ID token is another", async () => {
    const issuer = await startIssuer([key]);
    const idToken = signJwt(claimsOf(issuer, { at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }), key);
    expect(await describeFailure(receive(issuer, { id_token: idToken, access_token: "at", token_type: "Bearer" }))).toMatch(
      /^TOKEN_INVALID: .* \(at_hash\)/,
    );
  });

  it("are the issuer's refusal when it refuses", async () => {
    expect(await describeFailure(receive(await startIssuer([key]), { error: "invalid_grant" }, {}, 400))).toMatch(/^ISSUER_REFUSED: /);
    expect(await describeFailure(receive(await startIssuer([key]), "oops", {}, 503))).toMatch(/^ISSUER_UNREACHABLE: /);
  });
});

function parse(text: string): string {
  try {
    parseTokenAnswer(text, now);
    return "an answer";
  } catch (error) {
    return isCredentialError(error) ? `${error.code}: ${error.message}` : `another error: ${String(error)}`;
  }
}

describe("an answer that is malformed", () => {
  it.each([
    ["<html>canary</html>", "RESPONSE_INVALID: the token endpoint's answer is a web page"],
    ["canary", "RESPONSE_INVALID: the token endpoint's answer is not JSON"],
    ['["canary"]', "RESPONSE_INVALID: the token endpoint's answer is not a JSON object"],
    ['{"access_token":["canary"]}', "RESPONSE_INVALID: the token endpoint's answer has a access_token that is not a string"],
    ['{"id_token":{"canary":1}}', "RESPONSE_INVALID: the token endpoint's answer has a id_token that is not a string"],
    ['{"access_token":"canary"}', "RESPONSE_INVALID: the token endpoint's answer has no token_type"],
    ['{"access_token":"canary","token_type":"mac"}', "RESPONSE_INVALID: the token endpoint's answer has the unknown token_type mac"],
  ])("is refused without being shown: %s", (text, outcome) => {
    expect(parse(text)).toBe(outcome);
  });

  it.each([
    [60, "2030-01-01T00:01:00.000Z"],
    ["60", "2030-01-01T00:01:00.000Z"],
    [0.5, "2030-01-01T00:00:00.500Z"],
    [0, undefined],
    [-1, undefined],
    [1e300, undefined],
    ["soon", undefined],
    [null, undefined],
    [[60], undefined],
  ])("has an end only where expires_in is a time: %j", (expiresIn, end) => {
    const answer = parseTokenAnswer(JSON.stringify({ access_token: "at", token_type: "bearer", expires_in: expiresIn }), now);
    expect(answer.accessToken?.expiresAt?.toISOString()).toBe(end);
  });

  it("fails with its own error only", () => {
    const names = fc.constantFrom("access_token", "id_token", "refresh_token", "token_type", "expires_in", "refresh_expires_in", "scope");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.dictionary(names, fc.jsonValue()).map((value) => JSON.stringify(value)),
        ),
        (text) => {
          expect(parse(text)).toMatch(/^(an answer|RESPONSE_INVALID: .*)$/);
        },
      ),
    );
  });

  it("keeps secrets as secrets", () => {
    expect(parseTokenAnswer('{"id_token":"canary"}', now).idToken).toBeInstanceOf(Secret);
  });
});
