import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { Person } from "../person.ts";
import { open, post, redeem, refresh, signIn } from "../test-support/issuer-scene.ts";
import { ask, call } from "../test-support/plain-client.ts";

describe("a sign-in at the issuer", () => {
  test("ends at the loopback page with a code that brings tokens", async () => {
    const issuer = await open();
    const asked = await ask(issuer.url);
    const page = await issuer.signIn(asked.authorizationUrl);
    expect(page).toMatchObject({ status: 200, body: "<h1>Signed in</h1>" });
    expect(page.url.startsWith(asked.redirectUrl)).toBe(true);
    expect(asked.came[0]?.get("state")).toBe("state-1");
    expect(asked.came[0]?.get("iss")).toBe(issuer.url);
    const { status, json } = await redeem(issuer, asked);
    expect(status).toBe(200);
    expect(json).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
    expect(decodeJwt(json.id_token)).toMatchObject({
      iss: issuer.url,
      sub: "anna",
      aud: "kubepass",
      nonce: "nonce-1",
      email: "anna@example.com",
      groups: ["developers"],
    });
    expect(issuer.requests).toMatchObject({ authorization: 1, token: { authorization_code: 1 }, issued: { authorization_code: 1 } });
    const secrets = issuer.secrets();
    for (const secret of [asked.came[0]?.get("code"), json.access_token, json.id_token, json.refresh_token])
      expect(secrets).toContain(secret);
  });

  test("is signed by a published key, with the algorithm that was chosen", async () => {
    const issuer = await open({ authority: "none", signingAlgorithm: "RS256", idTokenSeconds: 90 });
    expect(issuer.url).toMatch(/^http:/);
    const { json } = await signIn(issuer);
    const { json: keys } = await call(`${issuer.url}/keys`);
    const { payload } = await jwtVerify(json.id_token, await importJWK(keys.keys[0]));
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(90);
    expect(decodeProtectedHeader(json.id_token).alg).toBe("RS256");
  });

  test("goes through the page with account and password", async () => {
    const issuer = await open({ signInMode: "page" });
    issuer.account = "bob";
    const { json } = await signIn(issuer, { scope: "openid" });
    expect(decodeJwt(json.id_token)).toMatchObject({ sub: "bob", groups: ["developers", "operators"] });
    expect(json.refresh_token).toBeUndefined();
  });

  test("stays on the page when the password is wrong", async () => {
    const issuer = await open({ signInMode: "page" });
    const asked = await ask(issuer.url);
    const answers = { account: "anna", password: "?" };
    const stranger = new Person({ issuerOrigin: issuer.url, trustedPem: issuer.authority?.certificatePem, answers });
    const seen = await stranger.visit(asked.authorizationUrl);
    expect(seen.status).toBe(401);
    expect(seen.body).toContain("do not belong together");
  });

  test("is refused when the person says no", async () => {
    const issuer = await open({ signInMode: "refuse" });
    const asked = await ask(issuer.url);
    await issuer.signIn(asked.authorizationUrl);
    expect(asked.came[0]?.get("error")).toBe("access_denied");
    expect(asked.came[0]?.get("code")).toBeNull();
  });

  test("answers by form_post, and to a pushed request", async () => {
    const issuer = await open({ isPushedRequestRequired: true });
    const asked = await ask(issuer.url, { response_mode: "form_post" });
    await issuer.signIn(asked.authorizationUrl);
    expect(asked.came[0]?.get("error_description")).toContain("Pushed Authorization Request");
    const pushed = await post(issuer, "/par", asked.parameters);
    expect(pushed.status).toBe(201);
    const query = new URLSearchParams({ client_id: "kubepass", request_uri: pushed.json.request_uri });
    await issuer.signIn(`${issuer.url}/authorize?${query.toString()}`);
    const last = asked.came.at(-1);
    expect(last?.get("code")).toBeTruthy();
    const { json } = await redeem(issuer, { ...asked, came: last === undefined ? [] : [last] });
    expect(json.refresh_token).toBeTruthy();
    expect(issuer.requests.pushedAuthorization).toBe(1);
  });

  test("needs PKCE", async () => {
    const issuer = await open();
    const asked = await ask(issuer.url);
    await issuer.signIn(asked.authorizationUrl);
    const { status, json } = await redeem(issuer, asked, { code_verifier: "x".repeat(43) });
    expect([status, json.error]).toEqual([400, "invalid_grant"]);
    expect(issuer.requests).toMatchObject({ token: { authorization_code: 1 }, issued: {} });
  });
});

describe("a session at the issuer", () => {
  test("is refreshed with a token that is good for one use", async () => {
    const issuer = await open();
    const first = (await signIn(issuer)).json;
    const second = (await refresh(issuer, first.refresh_token)).json;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(decodeJwt(second.id_token).sub).toBe("anna");
    expect((await refresh(issuer, first.refresh_token)).json.error).toBe("invalid_grant");
    expect((await refresh(issuer, second.refresh_token)).json.error).toBe("invalid_grant");
  });

  test("goes on with the same token where it is not rotated, until all is revoked", async () => {
    const issuer = await open({ isRefreshTokenRotated: false });
    const { refresh_token: token } = (await signIn(issuer)).json;
    expect((await refresh(issuer, token)).json.refresh_token).toBe(token);
    issuer.revokeAll();
    expect((await refresh(issuer, token)).json.error).toBe("invalid_grant");
  });

  test("ends by revocation, and introspection says so", async () => {
    const issuer = await open();
    const { access_token: access, refresh_token: token } = (await signIn(issuer)).json;
    const introspect = async (value: string): Promise<unknown> =>
      (await post(issuer, "/introspect", { client_id: "kubepass", token: value })).json.active;
    expect(await introspect(access)).toBe(true);
    expect((await post(issuer, "/revoke", { client_id: "kubepass", token })).status).toBe(200);
    expect(await introspect(token)).toBe(false);
    expect((await refresh(issuer, token)).json.error).toBe("invalid_grant");
  });

  test("ends by RP-initiated logout", async () => {
    const issuer = await open();
    const { id_token: hint } = (await signIn(issuer)).json;
    const page = await issuer.signOut(`${issuer.url}/logout?${new URLSearchParams({ id_token_hint: hint }).toString()}`);
    expect(page.body).toContain("Signed out");
    expect(issuer.requests.endSession).toBe(1);
  });

  test("survives new signing keys", async () => {
    const issuer = await open();
    const { refresh_token: token } = (await signIn(issuer)).json;
    await issuer.rotateKeys();
    const { json } = await refresh(issuer, token);
    const trustedPem = issuer.authority?.certificatePem;
    const published = (await call(`${issuer.url}/keys`, { trustedPem })).json.keys.map((key: { kid: string }) => key.kid);
    expect(published).toHaveLength(2);
    expect(decodeProtectedHeader(json.id_token).kid).toBe(published[0]);
    await issuer.rotateKeys({ areOldKeysDropped: true });
    expect((await call(`${issuer.url}/keys`, { trustedPem })).json.keys).toHaveLength(1);
  });
});
