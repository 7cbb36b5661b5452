import { decodeJwt, importPKCS8, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { open, post } from "../test-support/issuer-scene.ts";
import { type Answer, call } from "../test-support/plain-client.ts";

describe("grants without a browser here", () => {
  const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

  test("a device gets tokens once a person has approved its code", async () => {
    const issuer = await open({ devicePollSeconds: 1 });
    const started = (await post(issuer, "/device/code", { client_id: "kubepass-device", scope: "openid offline_access" })).json;
    expect(started).toMatchObject({ interval: 1, verification_uri: `${issuer.url}/device`, expires_in: 600 });
    const poll = async (): Promise<Answer> =>
      await post(issuer, "/token", { grant_type: deviceGrant, client_id: "kubepass-device", device_code: started.device_code });
    expect((await poll()).json.error).toBe("authorization_pending");
    const page = await issuer.approveDevice(started.user_code);
    expect(page.body).toContain("Connected");
    const { json } = await poll();
    expect(decodeJwt(json.id_token).sub).toBe("anna");
    expect(json.refresh_token).toBeTruthy();
    expect(issuer.requests.token[deviceGrant]).toBe(2);
    expect(issuer.secrets()).toContain(started.device_code);
  });

  test("a device is refused when the person says no", async () => {
    const issuer = await open({ signInMode: "refuse" });
    const started = (await post(issuer, "/device/code", { client_id: "kubepass", scope: "openid" })).json;
    expect((await issuer.approveDevice(started.user_code)).body).toContain("not connected");
    const { json } = await post(issuer, "/token", { grant_type: deviceGrant, client_id: "kubepass", device_code: started.device_code });
    expect(json.error).toBe("access_denied");
  });

  test("a machine gets a JWT for the cluster, or for the resource it names", async () => {
    const issuer = await open();
    const { clientId, clientSecret } = issuer.clients.machine;
    const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
    const claims = decodeJwt((await post(issuer, "/token", form)).json.access_token);
    expect(claims).toMatchObject({ sub: clientId, aud: "https://kubernetes.default.svc", groups: ["machines"] });
    const other = await post(issuer, "/token", { ...form, resource: "https://api.example" });
    expect(decodeJwt(other.json.access_token).aud).toBe("https://api.example");
    expect(issuer.secrets()).toContain(clientSecret);
  });

  test("a password and an assertion bring tokens, wrong ones do not", async () => {
    const issuer = await open();
    const { clientId, clientSecret } = issuer.clients.confidential;
    const headers = { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` };
    const password = { grant_type: "password", username: "bob", scope: "openid offline_access" };
    const right = await post(issuer, "/token", { ...password, password: "tr0ub4dor and three" }, headers);
    expect(decodeJwt(right.json.id_token)).toMatchObject({ sub: "bob", aud: clientId });
    expect(right.json.refresh_token).toBeTruthy();
    expect((await post(issuer, "/token", { ...password, password: "?" }, headers)).json.error).toBe("invalid_grant");
    const grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    const assertion = await issuer.issueAssertion("anna");
    const bearer = await post(issuer, "/token", { grant_type: grant, assertion, scope: "openid", client_id: "kubepass" });
    expect(decodeJwt(bearer.json.id_token).sub).toBe("anna");
    const forged = await post(issuer, "/token", { grant_type: grant, assertion: `${assertion.slice(0, -4)}AAAA`, client_id: "kubepass" });
    expect(forged.json.error).toBe("invalid_grant");
  });

  test("an ID token is exchanged for one with another audience", async () => {
    const issuer = await open();
    const kind = "urn:ietf:params:oauth:token-type:id_token";
    const { json } = await post(issuer, "/token", {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      client_id: "kubepass",
      subject_token: await issuer.issueIdToken(),
      subject_token_type: kind,
      requested_token_type: kind,
      audience: "cluster-a",
    });
    expect(json).toMatchObject({ issued_token_type: kind, token_type: "N_A", expires_in: 3600 });
    expect(decodeJwt(json.access_token)).toMatchObject({ sub: "anna", aud: "cluster-a", iss: issuer.url });
  });
});

describe("clients", () => {
  test("authenticate by signing", async () => {
    const issuer = await open();
    const { clientId, privateKeyPem, keyId } = issuer.clients.signing;
    const assertion = await new SignJWT({ iss: clientId, sub: clientId, aud: `${issuer.url}/token`, jti: "1" })
      .setProtectedHeader({ alg: "ES256", kid: keyId })
      .setIssuedAt()
      .setExpirationTime("1m")
      .sign(await importPKCS8(privateKeyPem, "ES256"));
    const { json } = await post(issuer, "/token", {
      grant_type: "password",
      username: "anna",
      password: "correct horse battery staple",
      scope: "openid",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
    });
    expect(decodeJwt(json.id_token).aud).toBe(clientId);
  });

  test("authenticate with a certificate where the issuer asks for one", async () => {
    const issuer = await open({ isClientCertificateRequested: true });
    const { clientId, host } = issuer.clients.mutualTls;
    const form = {
      grant_type: "password",
      username: "anna",
      password: "correct horse battery staple",
      scope: "openid",
      client_id: clientId,
    };
    const trustedPem = issuer.authority?.certificatePem;
    expect((await call(`${issuer.url}/token`, { form, trustedPem })).json.error).toBe("invalid_client");
    const certificate = await issuer.authority?.issueClient({ commonName: clientId, hosts: [host] });
    const { json } = await call(`${issuer.url}/token`, { form, trustedPem, ...(certificate === undefined ? {} : { certificate }) });
    expect(decodeJwt(json.id_token).aud).toBe(clientId);
  });
});

test("an interceptor answers in the issuer's place, or lets a request through", async () => {
  const issuer = await open();
  const trustedPem = issuer.authority?.certificatePem;
  issuer.intercept = (request, response) => {
    if (request.url !== "/keys") return false;
    response.writeHead(503).end();
    return true;
  };
  expect((await call(`${issuer.url}/keys`, { trustedPem })).status).toBe(503);
  expect((await call(`${issuer.url}/.well-known/openid-configuration`, { trustedPem })).json).toMatchObject({
    issuer: issuer.url,
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ["S256"],
    dpop_signing_alg_values_supported: expect.arrayContaining(["ES256"]),
  });
  expect(issuer.requests).toMatchObject({ keys: 1, discovery: 1 });
});
