import { createHash } from "node:crypto";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Answer, ask, call } from "../test-support/plain-client.ts";
import { commonFaults, formatOAuthError } from "./faulty-answer.ts";
import { createFaultyIssuer, type FaultyIssuer, type FaultyIssuerOptions } from "./faulty-issuer.ts";
import { hugeClaims, type IdTokenFault, idTokenFaults } from "./mint-id-token.ts";

async function open(options: FaultyIssuerOptions = {}): Promise<FaultyIssuer> {
  const issuer = await createFaultyIssuer({ authority: "none", ...options });
  onTestFinished(() => issuer.close());
  return issuer;
}

async function signIn(issuer: FaultyIssuer, extra: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const asked = await ask(issuer.url, extra);
  await issuer.signIn(asked.authorizationUrl);
  const code = asked.came[0]?.get("code") ?? "";
  return await call(`${issuer.url}/token`, {
    form: { grant_type: "authorization_code", client_id: "kubepass", code, code_verifier: asked.verifier },
  });
}

/** What a correct client does with an ID token. */
async function verify(issuer: FaultyIssuer, token: string): Promise<void> {
  const keys = createLocalJWKSet((await call(`${issuer.url}/keys`)).json);
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ["ES256"],
    issuer: issuer.url,
    audience: "kubepass",
    requiredClaims: ["sub", "iat", "exp", "nonce"],
    currentDate: issuer.now(),
  });
  const isForUs = payload.aud === "kubepass" && (payload["azp"] === undefined || payload["azp"] === "kubepass");
  const isNew = payload["nonce"] === "nonce-1" && (payload.iat ?? 0) <= issuer.now().getTime() / 1000;
  const hash = createHash("sha256").update("x").digest().subarray(0, 16).toString("base64url");
  if (!isForUs || !isNew || (payload["at_hash"] !== undefined && payload["at_hash"] !== hash)) throw new Error("claims");
}

describe("a faulty issuer without a fault", () => {
  test("signs in, refreshes once per token, and remembers what came", async () => {
    const issuer = await open();
    const { json } = await signIn(issuer);
    await verify(issuer, json.id_token);
    const refresh = async (): Promise<Answer> =>
      await call(`${issuer.url}/token`, {
        form: { grant_type: "refresh_token", client_id: "kubepass", refresh_token: json.refresh_token },
      });
    expect((await refresh()).json.id_token).toBeTruthy();
    expect((await refresh()).json.error).toBe("invalid_grant");
    expect([issuer.count("authorization"), issuer.count("token")]).toEqual([1, 3]);
    expect(issuer.secrets()).toEqual(expect.arrayContaining([json.access_token, json.id_token, json.refresh_token]));
  });

  test("answers by form_post over TLS, and lives in the time it is given", async () => {
    const now = new Date("2040-01-01T00:00:00Z");
    const issuer = await createFaultyIssuer({ now: () => now });
    onTestFinished(() => issuer.close());
    const asked = await ask(issuer.url, { response_mode: "form_post" });
    await issuer.signIn(asked.authorizationUrl);
    expect(asked.came[0]?.get("code")).toBeTruthy();
    expect(decodeJwt(await issuer.mintIdToken()).iat).toBe(now.getTime() / 1000);
  });

  test("keeps a device waiting until it is approved", async () => {
    const issuer = await open();
    const { device_code: code } = (await call(`${issuer.url}/device/code`, { form: { client_id: "kubepass" } })).json;
    const poll = async (): Promise<Answer> =>
      await call(`${issuer.url}/token`, { form: { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: code } });
    expect((await poll()).json.error).toBe("authorization_pending");
    issuer.isDeviceApproved = true;
    expect((await poll()).json.id_token).toBeTruthy();
  });
});

describe("a fault", () => {
  test.each(idTokenFaults.filter((fault) => fault !== "missing").map((fault): [IdTokenFault] => [fault]))(
    "of the ID token, %s, is refused by a correct client",
    async (fault) => {
      const issuer = await open();
      issuer.idTokenFault = fault;
      const { json } = await signIn(issuer);
      await expect(verify(issuer, json.id_token)).rejects.toBeInstanceOf(Error);
    },
  );

  test("of the token answer can be a missing ID token, or anything else", async () => {
    const issuer = await open();
    issuer.idTokenFault = "missing";
    issuer.claims = hugeClaims;
    issuer.tokens = { token_type: "mac", refresh_token: undefined };
    const { json } = await signIn(issuer);
    expect(Object.keys(json).toSorted()).toEqual(["access_token", "expires_in", "token_type"]);
    expect(json.token_type).toBe("mac");
    expect((await issuer.mintIdToken()).length).toBeGreaterThan(64 * 1024);
  });

  test("of the redirect can be a wrong state or an error", async () => {
    const issuer = await open();
    issuer.callback = { state: "other", code: undefined, error: "access_denied" };
    const asked = await ask(issuer.url);
    await issuer.signIn(asked.authorizationUrl);
    expect(Object.fromEntries(asked.came[0] ?? [])).toEqual({ state: "other", error: "access_denied", iss: issuer.url });
  });

  test("of discovery can be a document that is wrong in one member", async () => {
    const issuer = await open();
    issuer.metadata = { issuer: "https://other.example", jwks_uri: undefined };
    const { json } = await call(`${issuer.url}/.well-known/openid-configuration`);
    expect(json.issuer).toBe("https://other.example");
    expect(json).not.toHaveProperty("jwks_uri");
  });

  test("of an endpoint can be anything that HTTP allows", async () => {
    const issuer = await open();
    const answers: string[] = [];
    for (const [name, answer] of Object.entries(commonFaults)) {
      issuer.answers.keys = answer;
      const seen = await call(`${issuer.url}/keys`).then(
        ({ status }) => String(status),
        () => "broken",
      );
      answers.push(`${name}: ${seen}`);
    }
    expect(answers).toEqual([
      "404: 404",
      "500: 500",
      "503 with Retry-After: 503",
      "a page instead of JSON: 200",
      "a redirect: 302",
      "an empty body: 200",
      "JSON cut short: 200",
      "JSON that is no object: 200",
      "bytes that are no text: 200",
      "8 MiB: 200",
      "a dropped connection: broken",
      "a connection dropped within the answer: broken",
    ]);
  });

  test("can depend on the request, wait, and come in drips", async () => {
    const issuer = await open();
    let isReleased = false;
    const after = Promise.resolve().then(() => (isReleased = true));
    issuer.answers.token = async ({ form }, usual) =>
      form.has("bad") ? { ...formatOAuthError("slow_down"), after } : { ...(await usual()), drip: { bytes: 64, everyMs: 1 } };
    const form = { grant_type: "client_credentials", client_id: "kubepass" };
    expect((await call(`${issuer.url}/token`, { form: { ...form, bad: "1" } })).json).toEqual({ error: "slow_down" });
    expect(isReleased).toBe(true);
    expect((await call(`${issuer.url}/token`, { form })).json.access_token).toBeTruthy();
  });

  test("can be new keys that nobody announced", async () => {
    const issuer = await open();
    const { json } = await signIn(issuer);
    await issuer.rotateKeys();
    await expect(verify(issuer, json.id_token)).rejects.toBeInstanceOf(Error);
  });
});
