import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { getCredential, type OptionValues } from "@kubepass/plugin-sdk";
import { findFreePort } from "@kubepass/network/test-support";
import { decodeJwt, type JsonObject } from "@kubepass/wire";
import { describe, expect, test } from "vitest";
import { type Scene, setScene } from "./test-support/scene.ts";

const machine = { variables: { CI: "true" }, isTerminal: false, canRead: false } as const;
const password = { "grant-type": "password", "insecure-allow-password-grant": true, username: "anna" } as const;

async function signIn(scene: Scene, values?: OptionValues): Promise<{ text: string; claims: JsonObject; expiresAt: Date | undefined }> {
  const { credential } = await getCredential(scene.request(values), scene.host);
  const text = credential.token?.reveal() ?? "";
  return { text, claims: text.includes(".") ? decodeJwt(text).unverifiedClaims : {}, expiresAt: credential.expiresAt };
}

function writeToken(scene: Scene, name: string, text: string): string {
  const path = join(scene.host.root, name);
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return path;
}

function expectNoLeak(scene: Scene): void {
  for (const secret of scene.issuer.secrets) expect(scene.host.output()).not.toContain(secret);
}

describe("signing in with a person", () => {
  test("a browser brings an ID token and a session", async () => {
    const scene = await setScene();
    const { claims } = await signIn(scene, {
      account: "anna",
      "extra-scope": ["groups"],
      audience: "api",
      resource: ["https://a", "https://b"],
      prompt: "login",
    });
    expect(claims).toMatchObject({ sub: "anna-1", aud: "kubepass" });
    const [asked] = scene.issuer.authorizations;
    expect(asked?.get("scope")).toBe("openid offline_access groups");
    expect(asked?.get("login_hint")).toBe("anna");
    expect(asked?.get("prompt")).toBe("login");
    expect(asked?.get("audience")).toBe("api");
    expect(asked?.getAll("resource")).toEqual(["https://a", "https://b"]);
    expect(asked?.get("code_challenge_method")).toBe("S256");
    expect(asked?.has("access_type")).toBe(false);
    expect(scene.host.keyringItems.size).toBe(1);
    expectNoLeak(scene);
  });

  test("a redirect URL that was registered for kubelogin goes on working", async () => {
    const scene = await setScene();
    const port = await findFreePort();
    await signIn(scene, { "redirect-url": `http://localhost:${port}` });
    expect(scene.issuer.authorizations[0]?.get("redirect_uri")).toBe(`http://localhost:${port}`);
  });

  test("an issuer that knows no offline_access is asked in Google's way", async () => {
    const scene = await setScene();
    scene.issuer.metadata = { scopes_supported: ["openid", "email"] };
    await signIn(scene);
    expect(scene.issuer.authorizations[0]?.get("scope")).toBe("openid");
    expect(scene.issuer.authorizations[0]?.get("access_type")).toBe("offline");
  });

  test("offline access that is not wanted is not asked for, and a session that comes unasked is kept", async () => {
    const scene = await setScene();
    const { session } = await scene.provide({ "no-offline-access": true, "extra-scope": ["offline_access"] }).signIn(scene.context({}));
    expect(session).toBeDefined();
    expect(scene.issuer.authorizations[0]?.get("scope")).toBe("openid");
    expect(scene.issuer.authorizations[0]?.has("access_type")).toBe(false);
  });

  test("over an unchecked connection no session is asked for or kept", async () => {
    const scene = await setScene();
    const { session } = await scene.provide({ "insecure-skip-tls-verify": true }).signIn(scene.context({}));
    expect(session).toBeUndefined();
    expect(scene.issuer.authorizations[0]?.get("scope")).toBe("openid");
  });

  test("an opaque access token ends when the issuer says so", async () => {
    const scene = await setScene();
    const { text, expiresAt } = await signIn(scene, { "use-access-token": true });
    expect(text).toMatch(/^access-/);
    expect(expiresAt).toEqual(new Date(scene.host.clock.now().getTime() + 600_000));
  });

  test("an access token that is a JWT never outlives itself", async () => {
    const scene = await setScene();
    const end = Math.floor(scene.host.clock.now().getTime() / 1000) + 90;
    scene.issuer.tokenAnswers.push(({ body }) => ({
      status: 200,
      body: { ...(body as object), access_token: scene.issuer.signJwt({ exp: end }) },
    }));
    expect((await signIn(scene, { "token-kind": "access" })).expiresAt).toEqual(new Date(end * 1000));
  });

  test("a device code is used, and said, where neither browser nor paste is possible", async () => {
    const scene = await setScene();
    scene.issuer.metadata = { device_authorization_endpoint: `${scene.issuer.url}/device` };
    const { credential } = await scene.provide().signIn(scene.context({ canOpenBrowser: false, canAnswer: false }));
    expect(credential.token).toBeDefined();
    expect(scene.host.output()).toContain("Signing in with a device code: no browser can be opened here");
    expect(scene.host.output()).toContain("WDJB-MJHT");
    expect(scene.issuer.authorizations).toEqual([]);
    expectNoLeak(scene);
  });

  test("a person is asked once, although the choice of the grant needs to know who is there", async () => {
    const scene = await setScene();
    scene.issuer.metadata = { device_authorization_endpoint: `${scene.issuer.url}/device` };
    let asked = 0;
    const context = scene.context({});
    await scene.provide().signIn({
      ...context,
      async requestPerson() {
        asked += 1;
        return await context.requestPerson();
      },
    });
    expect(asked).toBe(1);
    expect(scene.issuer.authorizations).toHaveLength(1);
  });

  test("a request is pushed to where the discovery document does not say that it can be", async () => {
    const scene = await setScene();
    const pushed = { "pushed-authorization": "always", "pushed-authorization-request-endpoint": `${scene.issuer.url}/par` };
    const { credential } = await scene.provide(pushed).signIn(scene.context({}));
    expect(credential.token).toBeDefined();
    expect([...new URL(scene.host.openedUrls[0] ?? "").searchParams.keys()].toSorted()).toEqual(["client_id", "request_uri"]);
    expect(scene.issuer.authorizations[0]?.get("code_challenge_method")).toBe("S256");
    await expect(scene.provide({ "pushed-authorization": "always" }).signIn(scene.context({}))).rejects.toMatchObject({
      code: "GRANT_UNSUPPORTED",
      hint: expect.stringContaining("set the pushed authorization request endpoint"),
    });
  });

  test("a device code that the issuer does not offer is refused before anybody is asked", async () => {
    const scene = await setScene();
    await expect(scene.provide({ "grant-type": "device-code" }).signIn(scene.context())).rejects.toMatchObject({
      code: "GRANT_UNSUPPORTED",
    });
  });
});

describe("signing in without a person", () => {
  test("a client gets an access token for itself, and no session", async () => {
    const scene = await setScene(machine);
    const values = {
      "grant-type": "client-credentials",
      "client-secret": "s3cret",
      "extra-scope": ["api"],
      "auth-request-extra-params": { tenant: "one" },
    };
    expect((await signIn(scene, values)).text).toMatch(/^access-/);
    expect(Object.fromEntries(scene.issuer.forms[0] ?? [])).toMatchObject({
      grant_type: "client_credentials",
      scope: "api",
      tenant: "one",
    });
    expect(scene.host.keyringItems.size).toBe(0);
    expectNoLeak(scene);
    expect(scene.host.output()).not.toContain("s3cret");
  });

  test("a client can have an ID token where the issuer gives one, and is told when it does not", async () => {
    const scene = await setScene(machine);
    const values = { "grant-type": "client-credentials", "client-secret": "s3cret", "token-kind": "id" };
    expect((await signIn(scene, values)).claims["sub"]).toBe("anna-1");
    expect(scene.issuer.forms[0]?.get("scope")).toBe("openid");
    scene.issuer.tokenAnswers.push({ status: 200, body: { token_type: "Bearer", access_token: "x" } });
    scene.host.advance(600_000);
    await expect(signIn(scene, values)).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
  });

  test("a secret from a file is sent, and read only once for a run", async () => {
    const scene = await setScene(machine);
    const path = writeToken(scene, "secret", "s3cret");
    await signIn(scene, { "grant-type": "client-credentials", "client-secret-file": path, "client-authentication": "post" });
    expect(scene.issuer.forms[0]?.get("client_secret")).toBe("s3cret");
  });

  test("a secret on standard input serves the refusal of a session and the sign-in after it", async () => {
    const scene = await setScene({ answers: ["s3cret"] });
    const provider = scene.provide({ ...password, password: "pw", "client-secret-stdin": true, "client-authentication": "post" });
    const { session } = await provider.signIn(scene.context());
    if (session === undefined) throw new Error("no session");
    await provider.refresh?.(session, scene.context());
    expect(scene.issuer.forms.map((form) => form.get("client_secret"))).toEqual(["s3cret", "s3cret"]);
  });

  test("a password is used only after opting in, with a warning on each run", async () => {
    const scene = await setScene(machine);
    await signIn(scene, { ...password, password: "s3cret" });
    expect(Object.fromEntries(scene.issuer.forms[0] ?? [])).toMatchObject({ grant_type: "password", username: "anna", password: "s3cret" });
    expect(scene.host.output()).toContain("forbidden by RFC 9700");
    expect(scene.host.output()).not.toContain("s3cret");
  });

  test("a password that is given nowhere is asked for, without echo", async () => {
    const scene = await setScene();
    const asked: unknown[] = [];
    const person = scene.context({
      async ask(question, options) {
        asked.push(question, options?.hidden);
        return "s3cret";
      },
    });
    await scene.provide(password).signIn(person);
    expect(asked).toEqual(["Password of anna: ", true]);
    expect(scene.issuer.forms[0]?.get("password")).toBe("s3cret");
    await expect(scene.provide(password).signIn(scene.context({}))).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(scene.provide(password).signIn(scene.context())).rejects.toMatchObject({ code: "LOGIN_REQUIRED" });
  });

  test("a platform's token is exchanged for one of the cluster", async () => {
    const scene = await setScene(machine);
    const values = {
      "grant-type": "token-exchange",
      "subject-token-file": writeToken(scene, "subject", "ci-token"),
      "subject-token-type": "jwt",
      "actor-token-file": writeToken(scene, "actor", "actor-token"),
      audience: "cluster-1",
    };
    const { claims, expiresAt } = await signIn(scene, values);
    expect(claims["aud"]).toBe("cluster-1");
    expect(expiresAt).toEqual(new Date(scene.host.clock.now().getTime() + 300_000));
    expect(Object.fromEntries(scene.issuer.forms[0] ?? [])).toMatchObject({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: "ci-token",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      actor_token: "actor-token",
      actor_token_type: "urn:ietf:params:oauth:token-type:id_token",
      requested_token_type: "urn:ietf:params:oauth:token-type:id_token",
      audience: "cluster-1",
      scope: "openid",
    });
    expect(scene.host.keyringItems.size).toBe(0);
    expectNoLeak(scene);
  });

  test("a token for another audience than the one asked for is refused", async () => {
    const scene = await setScene(machine);
    const values = { "grant-type": "token-exchange", "subject-token-command": ["/bin/echo", "ci-token"], audience: "cluster-1" };
    scene.issuer.tokenAnswers.push(() => ({
      status: 200,
      body: { access_token: scene.issuer.signJwt({ aud: "cluster-2" }), token_type: "N_A" },
    }));
    await expect(signIn(scene, values)).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test("an assertion brings a token", async () => {
    const scene = await setScene(machine);
    const values = { "grant-type": "jwt-bearer", "assertion-file": writeToken(scene, "assertion", "a.b.c"), audience: "api" };
    expect((await signIn(scene, values)).claims["sub"]).toBe("anna-1");
    expect(Object.fromEntries(scene.issuer.forms[0] ?? [])).toMatchObject({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: "a.b.c",
      scope: "openid",
      audience: "api",
    });
    expect(scene.host.keyringItems.size).toBe(0);
  });

  test("where nobody is there, a client with a secret does not become somebody else by itself", async () => {
    const scene = await setScene(machine);
    await expect(signIn(scene, { "client-secret": "s3cret" })).rejects.toMatchObject({ code: "LOGIN_REQUIRED" });
    expect(scene.issuer.forms).toEqual([]);
  });
});

describe("a token of a cluster's own audience", () => {
  test("is exchanged after the sign-in, and again after each refresh, without a window", async () => {
    const scene = await setScene();
    const values = { "exchange-audience": "cluster-1" };
    expect((await signIn(scene, values)).claims["aud"]).toBe("cluster-1");
    scene.host.advance(300_000);
    expect((await signIn(scene, values)).claims["aud"]).toBe("cluster-1");
    expect(scene.host.openedUrls).toHaveLength(1);
    const exchanges = scene.issuer.forms.filter((form) => form.has("subject_token"));
    expect(exchanges.map((form) => form.get("subject_token_type"))).toEqual(Array(2).fill("urn:ietf:params:oauth:token-type:access_token"));
    expectNoLeak(scene);
  });

  test("is not lost with the new refresh token when the issuer breaks off between refresh and exchange", async () => {
    const scene = await setScene();
    const values = { "exchange-audience": "cluster-1" };
    await signIn(scene, values);
    scene.host.advance(300_000);
    scene.issuer.tokenAnswers.push((usual) => usual, "drop", "drop");
    expect((await signIn(scene, values)).claims["aud"]).toBe("cluster-1");
    expect(scene.host.openedUrls).toHaveLength(1);
  });
});
