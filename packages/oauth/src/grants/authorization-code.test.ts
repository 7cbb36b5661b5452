import type { TokenSet } from "../connection.ts";
import { isCredentialError } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { createScene, createScenePerson, isPortClosed, type Scene, until } from "../test-support/sign-in-scene.ts";
import type { AuthorizationCodeOptions } from "./authorization-code-options.ts";
import { signInWithAuthorizationCode } from "./authorization-code.ts";

const usual: AuthorizationCodeOptions = { scopes: ["openid", "email"], idToken: "required" };

interface Run {
  readonly tokens: Promise<TokenSet>;
  /** The code of the error, or `ok`. */
  readonly outcome: Promise<string>;
}

function start(scene: Scene, options: Partial<AuthorizationCodeOptions> = {}): Run {
  const tokens = signInWithAuthorizationCode(scene.connection, { ...usual, ...options }, scene.context);
  const outcome = tokens.then(
    () => "ok",
    (error: unknown) => (isCredentialError(error) ? error.code : `surprise: ${String(error)}`),
  );
  return { tokens, outcome };
}

/** What a browser does: follow every redirect, and read the page. */
async function browse(url: string): Promise<{ readonly status: number; readonly url: string; readonly text: string }> {
  const response = await fetch(url);
  return { status: response.status, url: response.url, text: await response.text() };
}

function redirectUriOf(url: string): string {
  return new URL(url).searchParams.get("redirect_uri") ?? "";
}

describe("a sign-in in the browser", () => {
  it("brings tokens, and a page that names account and cluster at an address without the code", async () => {
    const scene = await createScene();
    const { tokens } = start(scene);
    const page = await browse(await scene.person.url);
    expect((await tokens).idToken?.subject).toBe("anna-1");
    expect(page.status).toBe(200);
    expect(page.text).toContain("anna@example.com");
    expect(page.text).toContain("api.prod.example.com:6443");
    expect(page.url).not.toMatch(/code|state/);
    expect(scene.person.shown()).toMatch(/Signed in as anna@example\.com\.\n$/);
  });

  it("shows the address alone on its line at once, and opens the same one", async () => {
    const scene = await createScene();
    const { outcome } = start(scene);
    const url = await scene.person.url;
    await until(() => scene.person.isAsked());
    const host = new URL(scene.issuer.url).host;
    expect(scene.person.shown()).toBe(
      `kubepass: sign in to ${host} for cluster api.prod.example.com:6443\nOpening your browser (waiting 3 minutes). If nothing appears, visit:\n\n${url}\n\nOr paste the address it ends on (or the code) here: `,
    );
    expect(scene.person.opened).toEqual([url]);
    await browse(url);
    expect(await outcome).toBe("ok");
  });

  it("asks with PKCE, state and nonce that are new each time, and redeems with the verifier", async () => {
    const scene = await createScene();
    for (let round = 0; round < 2; round += 1) {
      scene.person.opened.length = 0;
      const { outcome } = start(scene);
      await until(() => scene.person.opened.length === 1);
      await browse(scene.person.opened[0] ?? "");
      expect(await outcome).toBe("ok");
    }
    const [first, second] = scene.issuer.authorizations;
    expect(Object.fromEntries(first ?? [])).toMatchObject({
      response_type: "code",
      client_id: "kubepass-test",
      scope: "openid email",
      code_challenge_method: "S256",
    });
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(first?.get(name)).toMatch(/^[\w-]{43}$/);
      expect(first?.get(name)).not.toBe(second?.get(name));
    }
    expect(scene.issuer.formsOf("/token").map((form) => form.get("code_verifier")?.length)).toEqual([43, 43]);
  });

  it("passes on what is configured, and tells the token endpoint the target too", async () => {
    const scene = await createScene();
    const { outcome } = start(scene, {
      audience: "https://api.example",
      resources: ["urn:a", "urn:b"],
      extraParameters: { access_type: "offline" },
      loginHint: "anna@example.com",
      prompt: "select_account",
      maxAgeSeconds: undefined,
    });
    await browse(await scene.person.url);
    expect(await outcome).toBe("ok");
    const [asked] = scene.issuer.authorizations;
    expect(Object.fromEntries(asked ?? [])).toMatchObject({
      audience: "https://api.example",
      access_type: "offline",
      login_hint: "anna@example.com",
      prompt: "select_account",
    });
    expect(asked?.getAll("resource")).toEqual(["urn:a", "urn:b"]);
    const [form] = scene.issuer.formsOf("/token");
    expect([form?.get("audience"), form?.getAll("resource"), form?.has("access_type")]).toEqual([
      "https://api.example",
      ["urn:a", "urn:b"],
      false,
    ]);
  });

  it("goes on to the configured address when it went well", async () => {
    const scene = await createScene();
    const { outcome } = start(scene, { openUrlAfterSignIn: `${scene.issuer.url}/jwks` });
    expect((await browse(await scene.person.url)).url).toBe(`${scene.issuer.url}/jwks`);
    expect(await outcome).toBe("ok");
  });

  it("takes the answer as a form where that was asked for", async () => {
    const scene = await createScene();
    const { outcome } = start(scene, { responseMode: "form_post" });
    const answer: { post: string; form: string } = JSON.parse((await browse(await scene.person.url)).text);
    const headers = { "content-type": "application/x-www-form-urlencoded", origin: scene.issuer.url };
    const page = await fetch(answer.post, { method: "POST", headers, body: answer.form });
    expect(await page.text()).toContain("You are signed in");
    expect(await outcome).toBe("ok");
    expect(scene.issuer.authorizations[0]?.get("response_mode")).toBe("form_post");
  });

  it.each(["::1", "localhost"] as const)("comes back to %s", async (redirectHost) => {
    const scene = await createScene();
    const { outcome } = start(scene, { redirect: { redirectHost, callbackPath: "/oauth2/done" } });
    const url = await scene.person.url;
    expect(redirectUriOf(url)).toMatch(
      redirectHost === "::1" ? /^http:\/\/\[::1\]:\d+\/oauth2\/done$/ : /^http:\/\/localhost:\d+\/oauth2\/done$/,
    );
    await browse(url);
    expect(await outcome).toBe("ok");
  });
});

describe("a pushed authorization request", () => {
  it.each([
    ["when the issuer requires it", { require_pushed_authorization_requests: true }, undefined],
    ["when it was asked for", {}, "always"],
  ] as const)("%s leaves only client_id and request_uri in the address", async (_, metadata, pushedAuthorization) => {
    const scene = await createScene(createScenePerson(), (issuer) => void (issuer.behaviour.metadata = metadata));
    const { outcome } = start(scene, { pushedAuthorization });
    const url = new URL(await scene.person.url);
    expect([...url.searchParams.keys()]).toEqual(["client_id", "request_uri"]);
    await browse(url.href);
    expect(await outcome).toBe("ok");
    expect(scene.issuer.formsOf("/par")[0]?.get("code_challenge_method")).toBe("S256");
  });

  it("is refused before the browser opens where the issuer has no place for it", async () => {
    const scene = await createScene(
      createScenePerson(),
      (issuer) => void (issuer.behaviour.metadata = { pushed_authorization_request_endpoint: undefined }),
    );
    expect(await start(scene, { pushedAuthorization: "always" }).outcome).toBe("GRANT_UNSUPPORTED");
    expect(scene.person.opened).toEqual([]);
  });
});

describe("at the terminal", () => {
  it("the pasted address signs in, and the port is closed", async () => {
    const scene = await createScene(createScenePerson({ canOpenBrowser: false }));
    const { outcome } = start(scene);
    const url = await scene.person.url;
    const asked = new URL(url).searchParams;
    const code = scene.issuer.issueCode(asked);
    scene.person.type(`${asked.get("redirect_uri")}?code=${code}&state=${asked.get("state")}`);
    expect(await outcome).toBe("ok");
    expect(scene.person.opened).toEqual([]);
    expect(scene.person.shown()).toContain("Visit this address in a browser within 3 minutes:\n\nhttp");
    expect(await isPortClosed(redirectUriOf(url))).toBe(true);
  });

  it("the bare code signs in", async () => {
    const scene = await createScene(
      createScenePerson({ canOpenBrowser: false }),
      (issuer) => void (issuer.behaviour.metadata = { authorization_response_iss_parameter_supported: true }),
    );
    const { outcome } = start(scene);
    scene.person.type(scene.issuer.issueCode(new URL(await scene.person.url).searchParams));
    expect(await outcome).toBe("ok");
  });

  it("a pasted refusal ends it", async () => {
    const scene = await createScene();
    const { outcome } = start(scene);
    scene.person.type(`error=access_denied&state=${new URL(await scene.person.url).searchParams.get("state")}`);
    expect(await outcome).toBe("SIGN_IN_DENIED");
  });

  it("three that do not fit end it", async () => {
    const scene = await createScene();
    const { outcome } = start(scene);
    for (const line of ["no", "http://127.0.0.1/?code=a&state=b", "no"]) scene.person.type(line);
    expect(await outcome).toBe("REDIRECT_INVALID");
  });

  it("the question is called off when the browser answers first", async () => {
    const scene = await createScene();
    const { outcome } = start(scene);
    await until(() => scene.person.isAsked());
    await browse(await scene.person.url);
    expect(await outcome).toBe("ok");
    expect(scene.person.isAsked()).toBe(false);
  });

  it("a browser that cannot be opened is said in one line", async () => {
    const scene = await createScene(createScenePerson({ opens: false }));
    const { outcome } = start(scene);
    await until(() => scene.person.isAsked());
    expect(scene.person.shown()).toContain("\nNo browser could be opened: visit the address above.\nOr paste");
    await browse(await scene.person.url);
    expect(await outcome).toBe("ok");
  });

  it("nothing is asked where nothing can be read", async () => {
    const scene = await createScene(createScenePerson({ canAnswer: false }));
    const { outcome } = start(scene);
    await browse(await scene.person.url);
    expect(await outcome).toBe("ok");
    expect(scene.person.shown()).not.toContain("paste");
  });
});
