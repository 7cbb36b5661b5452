import { commonFaults, formatOAuthError } from "@kubepass/testkit";
import { describe, expect, test } from "vitest";
import { checkFailure, type FaultScene, getToken, left, listLeft, setScene, useExecutable } from "./fault-scene.ts";

// A session is worth more than a credential: only the issuer's word ends it, and only a person is ever asked again.

useExecutable();

async function setSignedInScene(): Promise<FaultScene> {
  const scene = await setScene();
  getToken(await scene.signIn());
  scene.user.forgetRuntime();
  return scene;
}

const withoutSession = listLeft(left.lock, left.discovery, left.keys, left.record);

describe("a session that the issuer has ended", () => {
  test.each(["revoked", "expired"])("(%s) is removed, and nobody is asked when nobody may be asked", async (reason) => {
    const scene = await setSignedInScene();
    scene.issuer.answers.token = formatOAuthError("invalid_grant", `the refresh token is ${reason}`);
    checkFailure(await scene.run(["--non-interactive"]), { code: "LOGIN_REQUIRED", exit: 3, hint: /kubepass login/ });
    expect(scene.user.opened()).toHaveLength(1);
    expect(await scene.left()).toEqual(withoutSession);
    // Without a session there is nothing to ask the issuer for.
    checkFailure(await scene.run(["--non-interactive"]), { code: "LOGIN_REQUIRED", exit: 3 });
    expect(scene.issuer.count("token")).toBe(2);
  });

  test("opens one window where somebody may be asked", async () => {
    const scene = await setSignedInScene();
    let isRevoked = true;
    scene.issuer.answers.token = async (_, usual) => {
      if (!isRevoked) return await usual();
      isRevoked = false;
      return formatOAuthError("invalid_grant");
    };
    getToken(await scene.signIn());
    expect(scene.user.opened()).toHaveLength(2);
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("by its own lifetime is not sent any more, and stays: this machine's clock may be wrong", async () => {
    const scene = await setScene();
    scene.issuer.tokens = { refresh_token_expires_in: 3600 };
    getToken(await scene.signIn());
    scene.user.forgetRuntime();
    scene.user.passTime(left.session, 2 * 3_600_000);
    checkFailure(await scene.run(["--non-interactive"]), { code: "LOGIN_REQUIRED", exit: 3 });
    expect(scene.issuer.count("token")).toBe(1);
    expect(await scene.left()).toEqual(listLeft(...withoutSession, left.session));
  });
});

const outages = {
  "a dropped connection": { connection: "dropped" },
  "status 500": { status: 500, body: "sorry" },
  "status 503 with a page": { status: 503, body: "<html>busy</html>" },
  "status 429": { status: 429, headers: { "retry-after": "3600" }, body: { error: "slow_down" } },
  // Even an error that would end the session, when a broken server says it.
  "status 500 with invalid_grant": { status: 500, body: { error: "invalid_grant" } },
  temporarily_unavailable: { status: 400, body: { error: "temporarily_unavailable" } },
  "an answer broken off": { body: { access_token: "half of an answer" }, connection: "dropped-within" },
} as const;

describe("an outage during a refresh", () => {
  test.each(Object.entries(outages))("(%s) opens no window and keeps the session, which works afterwards", async (_, answer) => {
    const scene = await setSignedInScene();
    const before = scene.session();
    scene.issuer.answers.token = answer;
    checkFailure(await scene.run(), { code: "ISSUER_UNREACHABLE", exit: 5 });
    expect(scene.session()).toBe(before);
    expect(await scene.left()).toEqual(left.failureWithSession);
    delete scene.issuer.answers.token;
    scene.user.passTime(left.attempts, 5_000);
    getToken(await scene.run());
    expect(scene.user.opened()).toHaveLength(1);
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("(no network at all) opens no window and keeps the session", async () => {
    const scene = await setSignedInScene();
    const before = scene.session();
    await scene.issuer.close();
    checkFailure(await scene.run(), { code: "ISSUER_UNREACHABLE", exit: 5, says: /connection was refused/ });
    checkFailure(await scene.run(["--non-interactive"]), { code: "ISSUER_UNREACHABLE", exit: 5 });
    expect([scene.session(), scene.user.opened().length]).toEqual([before, 1]);
    expect(await scene.left()).toEqual(left.failureWithSession);
  });

  test("of the key endpoint keeps the rotated session, which works afterwards", async () => {
    const scene = await setSignedInScene();
    const before = scene.session();
    scene.user.passTime("cache/", 24 * 3_600_000);
    await scene.issuer.rotateKeys();
    scene.issuer.answers.keys = { status: 503, headers: { "retry-after": "3600" }, body: "busy" };
    checkFailure(await scene.run(), { code: "ISSUER_UNREACHABLE", exit: 5 });
    expect(scene.session()).not.toBe(before);
    delete scene.issuer.answers.keys;
    scene.user.passTime(left.attempts, 5_000);
    getToken(await scene.run());
    expect(scene.user.opened()).toHaveLength(1);
    expect(await scene.left()).toEqual(left.signedIn);
  });
});

describe("a strange answer to a refresh", () => {
  test.each(["404", "a page instead of JSON", "a redirect", "JSON cut short", "8 MiB"])(
    "(%s) opens no window and keeps the session",
    async (name) => {
      const scene = await setSignedInScene();
      const before = scene.session();
      scene.issuer.answers.token = commonFaults[name] ?? {};
      checkFailure(await scene.run(), { code: "RESPONSE_INVALID", exit: 1 });
      expect([scene.session(), scene.user.opened().length]).toEqual([before, 1]);
      expect(await scene.left()).toEqual(left.failureWithSession);
    },
  );

  test("for another person is refused by policy", async () => {
    const scene = await setSignedInScene();
    scene.issuer.subject = "bob";
    checkFailure(await scene.run(), { code: "IDENTITY_CHANGED", exit: 6, says: /bob.*anna/ });
    expect(await scene.left()).toEqual(left.failureWithSession);
  });

  test.each([
    ["invalid_client", { status: 401, body: { error: "invalid_client" } }],
    ["unauthorized_client", { status: 400, body: { error: "unauthorized_client" } }],
  ])("(%s) is about the client and not the session, which stays", async (error, answer) => {
    const scene = await setSignedInScene();
    const before = scene.session();
    scene.issuer.answers.token = answer;
    checkFailure(await scene.run(), { code: "ISSUER_REFUSED", exit: 1, says: new RegExp(error) });
    expect([scene.session(), scene.user.opened().length]).toEqual([before, 1]);
  });

  test("that repeats what it was asked gives no secret away", async () => {
    const scene = await setSignedInScene();
    scene.issuer.answers.token = ({ form }) => formatOAuthError("invalid_scope", `not with ${form.get("refresh_token") ?? ""}`);
    const sent = JSON.parse(scene.session()).secret;
    const ended = await scene.run();
    checkFailure(ended, { code: "ISSUER_REFUSED", exit: 1, says: /not with/ });
    expect(JSON.stringify(sent)).toContain("refresh-");
  });
});
