import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { request } from "node:http";
import { waitUntil } from "@kubepass/plugin-sdk/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkFailure, type FaultScene, getToken, left, readBrowserEnvironment, setScene, useExecutable } from "./fault-scene.ts";
import type { Run } from "./user.ts";

// What a person, the browser, or somebody else on the machine may do while a sign-in waits.

useExecutable();

interface Waiting {
  readonly scene: FaultScene;
  readonly run: Run;
  readonly url: string;
  readonly redirectUri: string;
  readonly state: string;
}

async function startWaiting(args: readonly string[] = []): Promise<Waiting> {
  const scene = await setScene();
  const run = scene.start(args);
  const url = await scene.user.awaitBrowser();
  const asked = new URL(url).searchParams;
  return { scene, run, url, redirectUri: asked.get("redirect_uri") ?? "", state: asked.get("state") ?? "" };
}

/** The status of a request made by hand; 0 when the connection was broken. */
async function ask(url: string, method = "GET", headers: Readonly<Record<string, string>> = {}): Promise<number> {
  return await new Promise((resolve) => {
    const asked = request(url, { method, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", () => resolve(0));
    asked.end();
  });
}

async function takePort(): Promise<number> {
  const server: Server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("the issuer's answer to the person", () => {
  test.each([
    ["access_denied", "the person said no", { code: "SIGN_IN_DENIED", exit: 4, says: /the person said no/, hint: /sign in again/ }],
    [
      "unauthorized_client",
      "unknown client",
      { code: "ISSUER_REFUSED", exit: 1, says: /unauthorized_client: unknown client/, hint: /client id/ },
    ],
    ["invalid_scope", "no such scope", { code: "ISSUER_REFUSED", exit: 1, says: /invalid_scope/, hint: /scopes/ }],
  ])("%s ends the sign-in without a token request", async (error, description, verdict) => {
    const scene = await setScene();
    scene.issuer.callback = { code: undefined, error, error_description: description };
    checkFailure(await scene.signIn(), verdict);
    expect(scene.issuer.count("token")).toBe(0);
    expect(await scene.left()).toEqual(left.failureAfterDiscovery);
  });

  test("cannot bring control characters to the terminal", async () => {
    const scene = await setScene();
    const hostile = "\u001b]0;owned\u0007\u001b[2J\u202ereversed\r\nkubepass: error: a line of its own\u009b31m";
    scene.issuer.callback = { code: undefined, error: `access_denied`, error_description: hostile };
    const ended = await scene.signIn();
    checkFailure(ended, { code: "SIGN_IN_DENIED", exit: 4 });
    expect(ended.stderr.replaceAll("\n", "")).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$/);
    expect(ended.stderr.split("\n").filter((line) => line.startsWith("kubepass: error:"))).toHaveLength(1);
  });

  test("from another issuer is refused before its code is used", async () => {
    const scene = await setScene();
    scene.issuer.callback = { iss: "https://impostor.example" };
    checkFailure(await scene.signIn(), { code: "RESPONSE_INVALID", exit: 1, says: /impostor\.example/ });
    expect(scene.issuer.count("token")).toBe(0);
    expect(await scene.left()).toEqual(left.failureAfterDiscovery);
  });

  test("that refuses the client at the token endpoint names the client", async () => {
    const scene = await setScene();
    scene.issuer.answers.token = { status: 401, body: { error: "invalid_client", error_description: "who is this?" } };
    const verdict = { code: "ISSUER_REFUSED", exit: 1, says: /invalid_client: who is this\?/, hint: /client id/ };
    checkFailure(await scene.signIn(), verdict);
    expect(await scene.left()).toEqual(left.failureAfterDiscovery);
  });

  test("that never comes is waited for as long as was said, and the port is closed", async () => {
    const scene = await setScene();
    scene.issuer.answers.authorization = { status: 400, body: "no such client" };
    const ended = await scene.signIn(["--sign-in-timeout", "1"]);
    checkFailure(ended, { code: "SIGN_IN_TIMEOUT", exit: 4 });
    const redirectUri = new URL(await scene.user.awaitBrowser()).searchParams.get("redirect_uri") ?? "";
    expect(await ask(redirectUri)).toBe(0);
    expect(await scene.left()).toEqual(left.failureAfterDiscovery);
  });
});

describe("the listener", () => {
  test("ignores an answer with a wrong state, and takes the right one after it", async () => {
    const { scene, run, url, redirectUri } = await startWaiting();
    const stray = [`${redirectUri}?code=stolen-code-of-somebody&state=wrong`, `${redirectUri}?error=access_denied`, redirectUri];
    for (const each of stray) expect(await ask(each)).toBe(400);
    expect((await scene.visit(url)).status).toBe(200);
    getToken(await run.ended);
    expect(scene.issuer.requests.filter(({ form }) => form.get("code") === "stolen-code-of-somebody")).toEqual([]);
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("takes one answer only: a replayed callback changes nothing", async () => {
    const { scene, run, url, redirectUri, state } = await startWaiting();
    let release = (): void => undefined;
    const after = new Promise<void>((resolve) => (release = resolve));
    scene.issuer.answers.token = async (_, usual) => ({ ...(await usual()), after });
    const page = scene.visit(url);
    await waitUntil(() => scene.issuer.count("token") === 1);
    const issuer = encodeURIComponent(scene.issuer.url);
    expect(await ask(`${redirectUri}?code=another-code-for-it&state=${state}&iss=${issuer}`)).toBe(410);
    release();
    expect((await page).status).toBe(200);
    getToken(await run.ended);
    expect(scene.issuer.count("token")).toBe(1);
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("turns away requests that are not its own, and the sign-in goes on", async () => {
    const { scene, run, url, redirectUri, state } = await startWaiting();
    const { origin } = new URL(redirectUri);
    const right = `${redirectUri}?code=a-code-from-a-page&state=${state}`;
    expect(await ask(`${origin}/favicon.ico`)).toBe(404);
    expect(await ask(right, "POST")).toBe(404);
    expect(await ask(right, "GET", { host: "rebound.example" })).toBe(403);
    expect(await ask(right, "GET", { origin: "https://evil.example" })).toBe(403);
    expect(await ask(`${origin}/${"x".repeat(70_000)}`)).toBeOneOf([0, 431]);
    await scene.visit(url);
    getToken(await run.ended);
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("names every port of the configured list when none is free", async () => {
    const scene = await setScene();
    const ports = [await takePort(), await takePort()];
    const places = ports.flatMap((port) => ["--listen-address", `127.0.0.1:${port}`]);
    const verdict = {
      code: "PORT_UNAVAILABLE",
      exit: 1,
      says: new RegExp(`port ${ports.join(", ")}`),
      hint: /end the program|another port/,
    };
    checkFailure(await scene.run(places), verdict);
    expect(scene.user.opened()).toEqual([]);
    expect(await scene.left()).toEqual(left.failureAfterDiscovery);
  });

  test("takes the next port of the list when the first is not free", async () => {
    const scene = await setScene();
    const taken = await takePort();
    getToken(await scene.signIn(["--listen-address", `127.0.0.1:${taken}`, "--listen-address", "127.0.0.1:0"]));
    expect(await scene.left()).toEqual(left.signedIn);
  });
});

describe("a browser", () => {
  test.each([
    ["that is not there", "/nonexistent/browser"],
    ["that fails", "/bin/false"],
  ])("%s is no obstacle: the address that is shown works", async (_, command) => {
    const scene = await setScene();
    const run = scene.start(["--browser-command", command]);
    const address = /^http:\/\/127\.0\.0\.1:\d+\/authorize\?\S+$/m;
    await waitUntil(() => address.test(run.stderr()));
    await scene.visit(address.exec(run.stderr())?.[0] ?? "");
    getToken(await run.ended);
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("gets the address and nothing else, not even our own variables", async () => {
    const scene = await setScene();
    const secret = "a client secret in a variable";
    getToken(await scene.signIn([], { variables: { KUBEPASS_OIDC_CLIENT_SECRET: secret, KUBERNETES_EXEC_INFO: "" } }));
    expect(scene.user.opened()).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/authorize\?/)]);
    const environment = readBrowserEnvironment(scene.user);
    expect(environment).toContain("HOME=");
    expect(environment).not.toMatch(/KUBEPASS|KUBERNETES_EXEC_INFO/);
    expect(environment).not.toContain(secret);
  });
});
