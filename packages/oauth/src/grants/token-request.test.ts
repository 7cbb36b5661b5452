import { Secret } from "@kubepass/wire";
import { describe, expect, test } from "vitest";
import { connectIssuer, generateDpopKey, type IssuerConnection } from "../index.ts";
import { createTestHost } from "../test-support/host.ts";
import { startIssuer, type TestIssuer } from "../test-support/issuer.ts";
import { sendJson } from "@kubepass/network/test-support";
import { requestClientCredentials } from "./client-credentials.ts";
import { requestTokensWithAssertion } from "./jwt-bearer.ts";
import { requestTokensWithPassword } from "./password.ts";
import { refreshTokens } from "./refresh.ts";
import { formatTokenRequest } from "./token-request.ts";

const { signal } = new AbortController();
const expected = { idToken: "optional" } as const;
const tokens = { token_type: "Bearer", access_token: "access", refresh_token: "refresh", expires_in: 60 };

interface Scene {
  readonly issuer: TestIssuer;
  readonly connection: IssuerConnection;
  readonly forms: URLSearchParams[];
}

type Answers = ((response: Parameters<typeof sendJson>[0], proof: string) => void)[];

async function setScene(answers: Answers = [], metadata: object = {}, isBound = false): Promise<Scene> {
  const issuer = await startIssuer([], metadata);
  const forms: URLSearchParams[] = [];
  issuer.answers["/token"] = (request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      forms.push(new URLSearchParams(text));
      const answer = answers.shift();
      if (answer === undefined) sendJson(response, tokens);
      else answer(response, String(request.headers["dpop"]));
    });
  };
  const options = { issuer: issuer.origin, clientId: "kubepass", isInsecureIssuerAllowed: true };
  const dpopKey = isBound ? await generateDpopKey() : undefined;
  const connection = await connectIssuer({ ...options, dpopKey }, createTestHost(), signal);
  return { issuer, connection, forms };
}

describe("the form of a token request", () => {
  test("holds what was asked for, and the grant's own parameters win", () => {
    const extras = {
      scopes: ["openid", "groups"],
      audience: "api",
      resources: ["https://a", "https://b"],
      extraParameters: { assertion: "evil", tenant: "one" },
    };
    expect(formatTokenRequest(extras, { assertion: "own", nothing: undefined }).toString()).toBe(
      "assertion=own&tenant=one&scope=openid+groups&audience=api&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb",
    );
  });

  test("names no scope where none is asked for", () => {
    expect(formatTokenRequest({ scopes: [] }, {}).toString()).toBe("");
  });
});

describe("the grants without a person", () => {
  test("client credentials bring no refresh token, whatever the issuer sends", async () => {
    const { connection, forms } = await setScene();
    const answer = await requestClientCredentials(connection, { scopes: ["api"] }, expected, signal);
    expect(answer.accessToken?.token.reveal()).toBe("access");
    expect(answer.refreshToken).toBeUndefined();
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({ scope: "api", client_id: "kubepass", grant_type: "client_credentials" });
  });

  test("an assertion brings no refresh token either", async () => {
    const { connection, forms } = await setScene();
    const answer = await requestTokensWithAssertion(connection, new Secret("a.b.c"), {}, expected, signal);
    expect(answer.refreshToken).toBeUndefined();
    expect(forms[0]?.get("assertion")).toBe("a.b.c");
    expect(forms[0]?.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
  });

  test("a password brings a refresh token, so that it need not be kept", async () => {
    const { connection, forms } = await setScene();
    const answer = await requestTokensWithPassword(connection, { username: "anna", password: new Secret("pw") }, {}, expected, signal);
    expect(answer.refreshToken?.token.reveal()).toBe("refresh");
    expect(Object.fromEntries(forms[0] ?? [])).toMatchObject({ grant_type: "password", username: "anna", password: "pw" });
  });

  test("an issuer without token endpoint is named, before anything is sent", async () => {
    const { connection, forms } = await setScene();
    const { token_endpoint: _gone, ...server } = connection.server;
    await expect(requestClientCredentials({ ...connection, server }, {}, expected, signal)).rejects.toMatchObject({
      code: "GRANT_UNSUPPORTED",
      hint: expect.stringContaining("token-endpoint"),
    });
    expect(forms).toEqual([]);
  });
});

describe("a refresh", () => {
  const refreshToken = new Secret("old");

  test("asks for the same resources again and for no scope", async () => {
    const { connection, forms } = await setScene();
    const answer = await refreshTokens(connection, { refreshToken, resources: ["https://a"], expected }, signal);
    expect(answer.kind).toBe("issued");
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({
      grant_type: "refresh_token",
      refresh_token: "old",
      resource: "https://a",
      client_id: "kubepass",
    });
  });

  test.each([
    ["invalid_grant", 400, "refused"],
    ["login_required", 400, "refused"],
    ["interaction_required", 400, "refused"],
    ["consent_required", 403, "refused"],
    ["invalid_client", 401, "ISSUER_REFUSED"],
    ["unauthorized_client", 400, "ISSUER_REFUSED"],
    ["invalid_grant", 500, "ISSUER_UNREACHABLE"],
    ["invalid_grant", 429, "ISSUER_UNREACHABLE"],
    ["temporarily_unavailable", 400, "ISSUER_UNREACHABLE"],
  ])("that is answered %s with status %i ends as %s", async (issuerError, status, ending) => {
    const { connection } = await setScene([(response) => sendJson(response, { error: issuerError }, status)]);
    const refreshing = refreshTokens(connection, { refreshToken, expected }, signal);
    const [settled] = await Promise.allSettled([refreshing]);
    const outcome: unknown = settled?.status === "fulfilled" ? settled.value.kind : settled?.reason.code;
    expect(outcome).toBe(ending);
  });
});

describe("a DPoP nonce", () => {
  const offer = { dpop_signing_alg_values_supported: ["ES256"] };
  const nonceOf = (proof: string): unknown => JSON.parse(Buffer.from(proof.split(".")[1] ?? "", "base64url").toString("utf8"))["nonce"];

  test("that the issuer asks for is sent with the repeated request", async () => {
    const nonces: unknown[] = [];
    const ask: Answers[number] = (response, proof) => {
      nonces.push(nonceOf(proof));
      sendJson(response, { error: "use_dpop_nonce" }, 400, { "dpop-nonce": "n-1" });
    };
    const give: Answers[number] = (response, proof) => {
      nonces.push(nonceOf(proof));
      sendJson(response, { ...tokens, token_type: "DPoP" });
    };
    const { connection } = await setScene([ask, give], offer, true);
    const answer = await refreshTokens(connection, { refreshToken: new Secret("old"), expected }, signal);
    expect(answer.kind).toBe("issued");
    expect(nonces).toEqual([undefined, "n-1"]);
  });

  test("is asked for only once", async () => {
    const ask: Answers[number] = (response) => sendJson(response, { error: "use_dpop_nonce" }, 400, { "dpop-nonce": "n-1" });
    const { connection, forms } = await setScene([ask, ask, ask], offer, true);
    await expect(refreshTokens(connection, { refreshToken: new Secret("old"), expected }, signal)).rejects.toMatchObject({
      code: "ISSUER_REFUSED",
    });
    expect(forms).toHaveLength(2);
  });
});
