import { isCredentialError } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { createScene, createScenePerson, isPortClosed, type Scene, until } from "../test-support/sign-in-scene.ts";
import { findFreePort, startServer } from "@kubepass/network/test-support";
import type { AuthorizationCodeOptions } from "./authorization-code-options.ts";
import { signInWithAuthorizationCode } from "./authorization-code.ts";

async function run(
  scene: Scene,
  options: Partial<AuthorizationCodeOptions> = {},
): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await signInWithAuthorizationCode(scene.connection, { scopes: ["openid"], idToken: "required", ...options }, scene.context);
    return { code: "ok", message: "" };
  } catch (error) {
    return isCredentialError(error) ? { code: error.code, message: error.message } : { code: "surprise", message: String(error) };
  }
}

function redirectUriOf(url: string): string {
  return new URL(url).searchParams.get("redirect_uri") ?? "";
}

describe("the page and the terminal say the same when", () => {
  it.each([
    [
      "the person denies",
      { error: "access_denied", error_description: "not <b>today</b>" },
      "SIGN_IN_DENIED",
      "the sign-in was denied: not <b>today</b>",
    ],
    ["the issuer refuses", { error: "invalid_scope" }, "ISSUER_REFUSED", "the issuer refused the sign-in with invalid_scope"],
    [
      "the issuer names another issuer",
      { code: "abc", iss: "https://evil.example" },
      "RESPONSE_INVALID",
      "the answer to the sign-in cannot be used: it comes from the issuer https://evil.example",
    ],
  ])("%s", async (_, answer, code, message) => {
    const scene = await createScene();
    scene.issuer.behaviour.answer = (asked) => ({ ...answer, state: asked.get("state") ?? "" });
    const outcome = run(scene);
    const page = await fetch(await scene.person.url);
    const text = await page.text();
    expect(await outcome).toMatchObject({ code });
    expect((await outcome).message).toContain(message);
    expect(page.status).toBe(400);
    expect(text).toContain(code);
    expect(text).not.toContain("<b>");
    expect(scene.issuer.formsOf("/token")).toEqual([]);
  });

  it("the code exchange fails after the browser came back", async () => {
    const scene = await createScene();
    scene.issuer.behaviour.tokenAnswers.push({ status: 400, body: { error: "invalid_grant", error_description: "\u001b[31mno\u202e" } });
    const outcome = run(scene);
    const text = await (await fetch(await scene.person.url)).text();
    const { code, message } = await outcome;
    expect(code).toBe("ISSUER_REFUSED");
    expect(text).toContain("The sign-in failed");
    expect(text).toContain(code);
    expect(`${message}${text}`).not.toMatch(/\u001b|\u202e/);
  });

  it("the ID token carries another nonce", async () => {
    const scene = await createScene();
    scene.issuer.behaviour.answer = (asked) => {
      const other = new URLSearchParams(asked);
      other.set("nonce", "another");
      return { code: scene.issuer.issueCode(other), state: asked.get("state") ?? "" };
    };
    const outcome = run(scene);
    const text = await (await fetch(await scene.person.url)).text();
    expect(await outcome).toMatchObject({ code: "TOKEN_INVALID" });
    expect(text).toContain("TOKEN_INVALID");
  });

  it("somebody else signs in than the one whom the identity is bound to", async () => {
    const scene = await createScene();
    const outcome = run({ ...scene, context: { ...scene.context, expectedSubject: "berta-2" } });
    const page = await fetch(await scene.person.url);
    const text = await page.text();
    expect(await outcome).toMatchObject({ code: "IDENTITY_CHANGED", message: "the issuer answered for subject anna-1, not for berta-2" });
    expect(page.status).toBe(400);
    expect(text).toContain("IDENTITY_CHANGED");
    expect(`${text}${scene.person.shown()}`).not.toMatch(/signed in/i);
  });
});

describe("nothing is lost and nothing stays open when", () => {
  it("nobody comes in time", async () => {
    const scene = await createScene();
    const outcome = run(scene, { timeoutMs: 60_000 });
    const url = await scene.person.url;
    await until(() => scene.clock.sleepers() > 0 && scene.person.isAsked());
    expect(scene.person.shown()).toContain("(waiting 1 minute)");
    scene.clock.advance(60_000);
    expect(await outcome).toMatchObject({ code: "SIGN_IN_TIMEOUT" });
    expect(scene.announced).toEqual(["2030-01-01T00:01:00.000Z"]);
    expect(scene.person.shown()).toMatch(/here: \n$/);
    expect(scene.person.isAsked()).toBe(false);
    expect(await isPortClosed(redirectUriOf(url))).toBe(true);
  });

  it("answers of other sign-ins and stray requests come first", async () => {
    const scene = await createScene();
    const outcome = run(scene);
    const url = await scene.person.url;
    const redirectUri = redirectUriOf(url);
    for (const query of ["code=stolen&state=wrong", "error=access_denied&state=wrong", "error=access_denied", ""]) {
      expect((await fetch(`${redirectUri}?${query}`)).status).toBe(400);
    }
    expect((await fetch(new URL("/favicon.ico", redirectUri))).status).toBe(404);
    await fetch(url);
    expect(await outcome).toMatchObject({ code: "ok" });
  });

  it("no listed port is free: the browser is not opened", async () => {
    const scene = await createScene();
    const { port } = await startServer(() => undefined);
    const outcome = await run(scene, { redirect: { ports: [port] } });
    expect(outcome).toEqual({ code: "PORT_UNAVAILABLE", message: `cannot listen on 127.0.0.1, port ${port}` });
    expect(scene.person.opened).toEqual([]);
  });

  it("the issuer has no authorization endpoint", async () => {
    const scene = await createScene(
      createScenePerson(),
      (issuer) => void (issuer.behaviour.metadata = { authorization_endpoint: undefined }),
    );
    expect(await run(scene)).toMatchObject({ code: "GRANT_UNSUPPORTED" });
    expect(scene.person.opened).toEqual([]);
  });

  it("nobody may be asked", async () => {
    const scene = await createScene();
    const refusal = new Error("nobody");
    const context = { ...scene.context, requestPerson: () => Promise.reject(refusal) };
    await expect(signInWithAuthorizationCode(scene.connection, { scopes: ["openid"], idToken: "required" }, context)).rejects.toBe(refusal);
  });
});

describe("Ctrl-C ends it at once and closes the port", () => {
  it("before anything was opened", async () => {
    const scene = await createScene();
    scene.interrupt();
    expect(await run(scene)).toMatchObject({ code: "INTERRUPTED" });
    expect(scene.person.shown()).toBe("");
  });

  it("while the browser hangs on its way up", async () => {
    const scene = await createScene({ ...createScenePerson(), open: () => new Promise(() => undefined) });
    const outcome = run(scene);
    await scene.person.url;
    scene.interrupt();
    expect(await outcome).toMatchObject({ code: "INTERRUPTED" });
  });

  it("while the person is asked", async () => {
    const scene = await createScene();
    const outcome = run(scene);
    const url = await scene.person.url;
    await until(() => scene.person.isAsked());
    scene.interrupt();
    expect(await outcome).toMatchObject({ code: "INTERRUPTED" });
    expect(scene.person.isAsked()).toBe(false);
    expect(await isPortClosed(redirectUriOf(url))).toBe(true);
  });

  it("while the code is exchanged, and the page says so", async () => {
    const scene = await createScene();
    scene.issuer.behaviour.tokenAnswers.push("hang");
    const outcome = run(scene);
    const url = await scene.person.url;
    const page = fetch(url);
    await until(() => scene.issuer.formsOf("/token").length === 1 && scene.logged().includes('"result"'));
    scene.interrupt();
    expect(await outcome).toMatchObject({ code: "INTERRUPTED" });
    expect(await (await page).text()).toContain("INTERRUPTED");
    expect(await isPortClosed(redirectUriOf(url))).toBe(true);
  });

  it("while the request is pushed", async () => {
    const scene = await createScene(
      createScenePerson(),
      (issuer) => void (issuer.behaviour.metadata = { pushed_authorization_request_endpoint: `${issuer.url}/never` }),
    );
    const outcome = run(scene, { pushedAuthorization: "always" });
    await until(() => scene.issuer.formsOf("/never").length === 1);
    scene.interrupt();
    expect(await outcome).toMatchObject({ code: "INTERRUPTED" });
  });
});

it("a redirect URL of this machine says where to listen", async () => {
  const scene = await createScene();
  const redirectUrl = `http://127.0.0.1:${await findFreePort()}/sign-in`;
  const outcome = run(scene, { redirect: { redirectUrl } });
  const url = await scene.person.url;
  expect(redirectUriOf(url)).toBe(redirectUrl);
  await fetch(url);
  expect(await outcome).toMatchObject({ code: "ok" });
});

it("no secret of the sign-in is logged, at any level", async () => {
  const scene = await createScene();
  const outcome = run(scene);
  const url = await scene.person.url;
  const asked = new URL(url).searchParams;
  await fetch(`${redirectUriOf(url)}?code=stolen-code&state=wrong-state`);
  await fetch(url);
  await outcome;
  const verifier = scene.issuer.formsOf("/token")[0]?.get("code_verifier") ?? "none";
  const code = scene.issuer.formsOf("/token")[0]?.get("code") ?? "none";
  for (const secret of [verifier, code, asked.get("state") ?? "none", asked.get("nonce") ?? "none", "stolen-code", "wrong-state"]) {
    expect(scene.logged()).not.toContain(secret);
  }
  // State and nonce are part of the address that the person sees.
  for (const secret of [verifier, code]) expect(scene.person.shown()).not.toContain(secret);
});
