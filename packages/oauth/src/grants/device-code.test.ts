import { createHash } from "node:crypto";
import type { Fetch } from "@kubepass/network";
import { CredentialError, isCredentialError } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { createScene, createScenePerson, type Scene, type ScenePerson, until } from "../test-support/sign-in-scene.ts";
import { type DeviceCodeOptions, signInWithDeviceCode } from "./device-code.ts";

const pending = { status: 400, body: { error: "authorization_pending" } } as const;
const slowDown = { status: 400, body: { error: "slow_down" } } as const;

async function run(scene: Scene, options: Partial<DeviceCodeOptions> = {}): Promise<string> {
  try {
    const tokens = await signInWithDeviceCode(
      scene.connection,
      { scopes: ["openid", "email"], idToken: "required", ...options },
      scene.context,
    );
    return `ok ${tokens.idToken?.subject}`;
  } catch (error) {
    return isCredentialError(error) ? error.code : `surprise: ${String(error)}`;
  }
}

/** Turns the clock to the end of each wait until the sign-in is over. */
async function runThrough(scene: Scene, options: Partial<DeviceCodeOptions> = {}): Promise<string> {
  const state = { isOver: false };
  const outcome = run(scene, options).finally(() => void (state.isOver = true));
  while (!state.isOver) {
    await until(() => state.isOver || scene.clock.sleepers() > 0);
    scene.clock.advance(scene.clock.asked.at(-1) ?? 0);
  }
  return await outcome;
}

const remote = (): ScenePerson => createScenePerson({ canOpenBrowser: false });

describe("polling", () => {
  it("keeps the issuer's interval, and waits once before the first question", async () => {
    const scene = await createScene(remote());
    scene.issuer.behaviour.tokenAnswers.push(pending, pending);
    expect(await runThrough(scene)).toBe("ok anna-1");
    expect(scene.clock.asked).toEqual([5000, 5000, 5000]);
    expect(scene.person.shown()).toMatch(/Signed in as anna@example\.com\.\n$/);
  });

  it("slows down by five seconds each time it is told to, for good", async () => {
    const scene = await createScene(remote());
    scene.issuer.behaviour.tokenAnswers.push(slowDown, pending, slowDown, pending);
    expect(await runThrough(scene)).toBe("ok anna-1");
    expect(scene.clock.asked).toEqual([5000, 10_000, 10_000, 15_000, 15_000]);
  });

  it("backs off while the issuer is overloaded or gone, and returns to its interval", async () => {
    const scene = await createScene(remote());
    scene.issuer.behaviour.tokenAnswers.push({ status: 503, body: {} }, { status: 429, body: {} }, pending);
    expect(await runThrough(scene)).toBe("ok anna-1");
    expect(scene.clock.asked).toEqual([5000, 10_000, 20_000, 5000]);
  });

  it("goes on when the network breaks in the middle", async () => {
    const scene = await createScene(remote());
    scene.issuer.behaviour.tokenAnswers.push("drop", pending);
    expect(await runThrough(scene)).toBe("ok anna-1");
  });

  it("goes on when the proxy fails in the middle, as after a change of networks", async () => {
    const scene = await createScene(remote());
    let polls = 0;
    const fetch: Fetch = async (url, request) => {
      if (url.endsWith("/token") && (polls += 1) === 1)
        throw new CredentialError("PROXY_FAILED", "the proxy proxy.example:3128 cannot be reached");
      return await scene.connection.fetch(url, request);
    };
    expect(await runThrough({ ...scene, connection: { ...scene.connection, fetch } })).toBe("ok anna-1");
    expect(scene.clock.asked).toEqual([5000, 10_000]);
  });

  it("stops when the code has expired, though the issuer still says pending", async () => {
    const scene = await createScene(remote());
    scene.issuer.behaviour.device = { expires_in: 12 };
    scene.issuer.behaviour.tokenAnswers.push(pending, pending, pending, pending);
    expect(await runThrough(scene)).toBe("SIGN_IN_TIMEOUT");
    expect(scene.clock.asked).toEqual([5000, 5000, 2000]);
  });

  it("tells those who wait how long its code lives", async () => {
    const scene = await createScene(remote());
    scene.issuer.behaviour.device = { expires_in: 1800 };
    expect(await runThrough(scene)).toBe("ok anna-1");
    expect(scene.announced).toEqual(["2030-01-01T00:30:00.000Z"]);
  });

  it.each([
    ["access_denied", "SIGN_IN_DENIED"],
    ["expired_token", "SIGN_IN_TIMEOUT"],
    ["unauthorized_client", "ISSUER_REFUSED"],
  ])("ends on %s with %s", async (error, code) => {
    const scene = await createScene(remote());
    scene.issuer.behaviour.tokenAnswers.push(pending, { status: 400, body: { error } });
    expect(await runThrough(scene)).toBe(code);
  });

  it("says how much time is left every two minutes, on a terminal only", async () => {
    for (const [isTerminal, lines] of [
      [true, 1],
      [false, 0],
    ] as const) {
      const scene = await createScene(remote(), undefined, { isTerminal });
      scene.issuer.behaviour.device = { interval: 50 };
      scene.issuer.behaviour.tokenAnswers.push(pending, pending, pending);
      expect(await runThrough(scene)).toBe("ok anna-1");
      expect(scene.person.shown().match(/Still waiting for the sign-in: 13 minutes left\.\n/g)?.length ?? 0).toBe(lines);
    }
  });
});

describe("the requests", () => {
  it("carry PKCE where the issuer advertises it, and all that is configured", async () => {
    const scene = await createScene(remote());
    expect(await runThrough(scene, { audience: "aud", resources: ["urn:a", "urn:b"], extraParameters: { tenant: "t" } })).toBe("ok anna-1");
    const [asked] = scene.issuer.formsOf("/device");
    expect(Object.fromEntries(asked ?? [])).toMatchObject({
      client_id: "kubepass-test",
      scope: "openid email",
      audience: "aud",
      tenant: "t",
      code_challenge_method: "S256",
    });
    expect(asked?.getAll("resource")).toEqual(["urn:a", "urn:b"]);
    const [form] = scene.issuer.formsOf("/token");
    const challenge = createHash("sha256")
      .update(form?.get("code_verifier") ?? "")
      .digest("base64url");
    expect(asked?.get("code_challenge")).toBe(challenge);
    expect([form?.get("device_code"), form?.get("audience")]).toEqual(["device-1", "aud"]);
  });

  it("carry no PKCE where it is not advertised", async () => {
    const scene = await createScene(
      remote(),
      (issuer) => void (issuer.behaviour.metadata = { code_challenge_methods_supported: undefined }),
    );
    expect(await runThrough(scene)).toBe("ok anna-1");
    expect([scene.issuer.formsOf("/device")[0]?.has("code_challenge"), scene.issuer.formsOf("/token")[0]?.has("code_verifier")]).toEqual([
      false,
      false,
    ]);
  });

  it("are not sent when the issuer names no endpoint for them", async () => {
    const scene = await createScene(remote(), (issuer) => void (issuer.behaviour.metadata = { device_authorization_endpoint: undefined }));
    const error: unknown = await signInWithDeviceCode(scene.connection, { scopes: [], idToken: "required" }, scene.context).catch(
      (thrown: unknown) => thrown,
    );
    expect(isCredentialError(error, "GRANT_UNSUPPORTED") && error.hint).toContain("device authorization endpoint");
  });

  it("may not be given the parameters of the protocol", async () => {
    const scene = await createScene(remote());
    expect(await run(scene, { extraParameters: { client_id: "other" } })).toBe("CONFIG_INVALID");
  });

  it.each([
    ["an error", { status: 400, body: { error: "invalid_scope" } }, "ISSUER_REFUSED"],
    ["no codes", { status: 200, body: {} }, "RESPONSE_INVALID"],
  ])("that are answered with %s end it before anybody is asked", async (_, answer, code) => {
    const scene = await createScene(remote(), (issuer) => {
      issuer.behaviour.metadata = { device_authorization_endpoint: `${issuer.url}/token` };
      issuer.behaviour.tokenAnswers.push(answer);
    });
    expect(await run(scene)).toBe(code);
    expect(scene.person.shown()).toBe("");
  });
});

describe("the person", () => {
  it("is not told to be signed in when the identity is bound to somebody else", async () => {
    const scene = await createScene();
    expect(await runThrough({ ...scene, context: { ...scene.context, expectedSubject: "berta-2" } })).toBe("IDENTITY_CHANGED");
    expect(scene.person.shown()).not.toContain("Signed in");
  });

  it("gets the complete address opened where a browser is, and still sees code and plain address", async () => {
    const scene = await createScene();
    expect(await runThrough(scene)).toBe("ok anna-1");
    expect(scene.person.opened).toEqual([`${scene.issuer.url}/activate?user_code=WDJB-MJHT`]);
    expect(scene.person.shown()).toContain(`\n  ${scene.issuer.url}/activate\n\n  WDJB-MJHT\n`);
    expect(scene.person.shown()).toContain("for cluster api.prod.example.com:6443");
  });

  it("is told in one line when the browser cannot be opened", async () => {
    const scene = await createScene(createScenePerson({ opens: false }));
    expect(await runThrough(scene)).toBe("ok anna-1");
    expect(scene.person.shown()).toContain("No browser could be opened: visit the address above.\n");
  });

  it.each([
    ["a capable terminal", { isTerminal: true, isCapable: true, columns: 80 }, true],
    ["a narrow terminal", { isTerminal: true, isCapable: true, columns: 20 }, false],
    ["a dumb terminal", { isTerminal: true, isCapable: false, columns: 80 }, false],
    ["a log file", { isTerminal: false, isCapable: true, columns: 80 }, false],
  ])("on %s: a QR code is shown: %o %s", async (_, terminal, isShown) => {
    const scene = await createScene(remote(), undefined, terminal);
    expect(await runThrough(scene)).toBe("ok anna-1");
    expect(scene.person.shown().includes("▀")).toBe(isShown);
  });

  it.each([
    ["while the wait is on", pending, 0],
    ["while a poll is under way", "hang", 1],
  ] as const)("may press Ctrl-C %s", async (_, answer, polls) => {
    const scene = await createScene(remote());
    scene.issuer.behaviour.tokenAnswers.push(answer);
    const outcome = run(scene);
    await until(() => scene.clock.sleepers() > 0);
    if (polls === 1) scene.clock.advance(5000);
    await until(() => scene.issuer.formsOf("/token").length === polls);
    scene.interrupt();
    expect(await outcome).toBe("INTERRUPTED");
  });
});
