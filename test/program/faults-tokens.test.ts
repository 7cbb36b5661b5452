import { hugeClaims, type IdTokenFault, idTokenFaults } from "@kubepass/testkit";
import { describe, expect, test } from "vitest";
import { checkFailure, getToken, left, listLeft, setScene, useExecutable, type Verdict } from "./fault-scene.ts";

// What an issuer, or somebody in its place, may hand out instead of a good ID token. Nothing of it reaches the API server.

useExecutable();

const invalid = { code: "TOKEN_INVALID", exit: 1 };
const wrongTime = { code: "TOKEN_TIME_INVALID", exit: 1, hint: /clock/ };
const unknownKey = { code: "KEY_UNKNOWN", exit: 1 };

const verdicts: Readonly<Record<IdTokenFault, Verdict>> = {
  missing: { code: "RESPONSE_INVALID", exit: 1, says: /no id_token/, hint: /scope openid/ },
  "not a JWT": { ...invalid, says: /cannot be read/ },
  truncated: { ...invalid, says: /signature/ },
  encrypted: { ...invalid, says: /encrypted/, hint: /turn off/ },
  "not signed": { ...invalid, says: /signature/ },
  "algorithm none": { ...invalid, says: /signed with none/ },
  "HS256 with the public key": { ...invalid, says: /signed with HS256/ },
  "unknown key": { ...unknownKey, says: /nobody-knows/ },
  "signed by another key": { ...invalid, says: /signature/ },
  "algorithm of another key": unknownKey,
  "critical header": { ...invalid, says: /critical extensions/ },
  "wrong issuer": { ...invalid, says: /from issuer https:\/\/impostor\.example/ },
  "wrong audience": { ...invalid, says: /for somebody-else, not for client kubepass/, hint: /client id/ },
  "two audiences without azp": { ...invalid, says: /azp/ },
  "wrong azp": { ...invalid, says: /somebody-else \(azp\)/ },
  "wrong nonce": { ...invalid, says: /nonce/ },
  "no nonce": { ...invalid, says: /nonce/ },
  "no subject": { ...invalid, says: /no subject/ },
  "no expiry": { ...invalid, says: /no exp/ },
  expired: { ...wrongTime, says: /expired 60 min ago/ },
  "issued in the future": { ...wrongTime, says: /from the future/ },
  "not yet valid": { ...wrongTime, says: /not valid for another 60 min/ },
  "wrong at_hash": { ...invalid, says: /at_hash/ },
};

// Those that are refused before any key is looked for.
const refusedUnseen: readonly IdTokenFault[] = [
  "missing",
  "not a JWT",
  "encrypted",
  "algorithm none",
  "HS256 with the public key",
  "critical header",
];

describe("an ID token", () => {
  test.each(idTokenFaults)("that is wrong (%s) is refused, and nothing of the answer is kept", async (fault) => {
    const scene = await setScene();
    scene.issuer.idTokenFault = fault;
    checkFailure(await scene.signIn(), verdicts[fault]);
    expect(await scene.left()).toEqual(refusedUnseen.includes(fault) ? left.failureAfterDiscovery : left.failureAfterKeys);
  });

  test("of more than 64 KiB works, with refresh and access tokens of the same size", async () => {
    const scene = await setScene();
    scene.issuer.claims = hugeClaims;
    scene.issuer.tokens = { refresh_token: `refresh-${"r".repeat(64 * 1024)}`, access_token: `access-${"a".repeat(64 * 1024)}` };
    const token = getToken(await scene.signIn());
    expect(token.length).toBeGreaterThan(64 * 1024);
    expect(getToken(await scene.run())).toBe(token);
    expect(scene.session()).toContain("r".repeat(64 * 1024));
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("cannot bring control characters to the terminal or the page by what it claims", async () => {
    const scene = await setScene();
    const hostile = "\u001b]0;owned\u0007\u001b[2Janna\u202e<script>\r\nkubepass: error: a line of its own\u009b31m";
    scene.issuer.claims = { email: hostile, name: hostile, [hostile]: hostile };
    scene.issuer.subject = hostile;
    const run = scene.start();
    const page = await scene.visit(await scene.user.awaitBrowser());
    getToken(await run.ended);
    expect([page.body.includes("&lt;script&gt;"), page.body.includes("<script")]).toEqual([true, false]);
    const told = [page.body, (await run.ended).stderr];
    for (const command of ["status", "whoami --offline", "status --output=yaml", "whoami --offline --output=json"]) {
      const { stdout, stderr } = await scene.startCommand(command.split(" ")).ended;
      expect(stdout).toContain("owned");
      told.push(stdout, stderr);
    }
    for (const text of told) {
      expect(text.replaceAll("\n", "")).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$/);
      expect(text).not.toMatch(/^kubepass: error: a line/m);
    }
  });

  test("is refused for the same reason without a second request while the failure is fresh", async () => {
    const scene = await setScene();
    scene.issuer.idTokenFault = "wrong audience";
    await scene.signIn();
    const requests = scene.issuer.requests.length;
    checkFailure(await scene.run(), { ...verdicts["wrong audience"], says: /not tried again yet/ });
    expect([scene.issuer.requests.length, scene.user.opened().length]).toEqual([requests, 1]);
  });
});

describe("new signing keys", () => {
  test("that nobody announced are fetched once, and the sign-in works", async () => {
    const scene = await setScene();
    getToken(await scene.signIn());
    await scene.issuer.rotateKeys();
    scene.user.passTime(left.keys, 2 * 60_000);
    getToken(await scene.run(["--force-refresh"]));
    expect(scene.issuer.count("keys")).toBe(2);
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("are not fetched again within a minute, and the rotated session is kept", async () => {
    const scene = await setScene();
    getToken(await scene.signIn());
    await scene.issuer.rotateKeys();
    const before = scene.session();
    checkFailure(await scene.run(["--force-refresh"]), { ...unknownKey, hint: /try again in a minute/ });
    expect(scene.issuer.count("keys")).toBe(1);
    expect(scene.session()).not.toBe(before);
    expect(await scene.left()).toEqual(listLeft(...left.signedIn, left.attempts));
    scene.user.passTime("", 2 * 60_000);
    getToken(await scene.run(["--force-refresh"]));
    expect(scene.user.opened()).toHaveLength(1);
  });

  test.each([
    ["404", { status: 404, body: "gone" }, { code: "ISSUER_INVALID", exit: 1, says: /publishes no keys/ }],
    ["a web page", { body: "<html>hello</html>" }, { code: "ISSUER_INVALID", exit: 1, says: /no key set/ }],
    ["503", { status: 503, body: "busy" }, { code: "ISSUER_UNREACHABLE", exit: 5, says: /status 503/ }],
    ["no key at all", { body: { keys: [] } }, unknownKey],
  ])("that cannot be had (%s) end the sign-in with a clear answer", async (name, answer, verdict) => {
    const scene = await setScene();
    scene.issuer.answers.keys = answer;
    checkFailure(await scene.signIn(), verdict);
    expect(await scene.left()).toEqual(name === "no key at all" ? left.failureAfterKeys : left.failureAfterDiscovery);
  });
});

describe("an answer of the token endpoint", () => {
  test.each([
    ["a web page", { body: "<!doctype html><title>Welcome</title>" }, { code: "RESPONSE_INVALID", exit: 1, says: /web page/ }],
    [
      "JSON cut short",
      { headers: { "content-type": "application/json" }, body: '{"id_token": "ey' },
      { code: "RESPONSE_INVALID", exit: 1 },
    ],
    ["a list", { body: [1] }, { code: "RESPONSE_INVALID", exit: 1, says: /not a JSON object/ }],
    ["8 MiB", { body: { padding: "x".repeat(8 * 1024 * 1024) } }, { code: "RESPONSE_INVALID", exit: 1, says: /more than 1048576 bytes/ }],
    [
      "a redirect",
      { status: 302, headers: { location: "https://elsewhere.example/" } },
      { code: "RESPONSE_INVALID", exit: 1, says: /redirect/ },
    ],
    ["broken off", { body: { access_token: "half" }, connection: "dropped-within" }, { code: "ISSUER_UNREACHABLE", exit: 5 }],
    ["an error 500", { status: 500, body: "sorry" }, { code: "ISSUER_UNREACHABLE", exit: 5, says: /status 500/ }],
  ] as const)("that is %s ends the sign-in, and the code is not sent twice", async (_, answer, verdict) => {
    const scene = await setScene();
    scene.issuer.answers.token = answer;
    checkFailure(await scene.signIn(), verdict);
    expect(scene.issuer.count("token")).toBe(1);
    expect(await scene.left()).toEqual(left.failureAfterDiscovery);
  });
});
