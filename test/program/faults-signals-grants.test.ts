import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "@kubepass/plugin-sdk/testing";
import { describe, expect, test } from "vitest";
import { type FaultScene, getToken, left, listLeft, setScene, useExecutable } from "./fault-scene.ts";
import { interruptRun, patienceMs, promptMs } from "./interrupt.ts";
import { listDelays } from "./promptness.ts";
import type { Run, RunOptions } from "./user.ts";

// Ctrl-C and kill at the steps that only some ways to sign in have, and in other commands than get-token.

useExecutable();

const tookMs: number[] = [];
const silent = { connection: "silent" } as const;
// util-linux's `script` gives a program a terminal; the system tests need it as well, and skip nothing.
const hasTerminals = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

async function interrupt(run: Run, signal: NodeJS.Signals): Promise<void> {
  tookMs.push(await interruptRun(run, signal));
}

function writeSecret(scene: FaultScene, name: string, text: string): string {
  const path = join(scene.user.folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const grants: readonly (readonly [string, (scene: FaultScene) => readonly string[]])[] = [
  [
    "client-credentials",
    (scene) => ["--client-secret-file", writeSecret(scene, "secret", "the-secret-of-a-client"), "--token-kind=access"],
  ],
  [
    "password",
    (scene) => ["--insecure-allow-password-grant", "--username=anna", "--password-file", writeSecret(scene, "word", "a-password-of-anna")],
  ],
  ["token-exchange", (scene) => ["--subject-token-file", writeSecret(scene, "subject", "a-token-of-somebody")]],
  ["jwt-bearer", (scene) => ["--assertion-file", writeSecret(scene, "assertion", "an-assertion-of-somebody")]],
];

/** Runs a command line at a terminal, which is looked at when it is over. */
function atTerminal(): RunOptions {
  const inside = `trap : INT TERM; "$@"; code=$?; stty -a; exit $code`;
  const outside = `exec script -qefc "sh -c '${inside.replaceAll('"', '\\"').replaceAll("$", "\\$")}' sh $*" /dev/null`;
  return { through: ["/bin/sh", "-c", outside, "sh"], spawn: { stdio: ["pipe", "pipe", "pipe"] } };
}

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  test.each([
    ["deviceAuthorization", ["--grant-type=device-code"], listLeft(left.lock, left.discovery)],
    ["pushedAuthorization", ["--pushed-authorization=always"], listLeft(left.lock, left.discovery, left.attempts)],
  ] as const)("while the %s endpoint does not answer: nobody was asked yet", async (endpoint, args, files) => {
    const scene = await setScene();
    scene.issuer.answers[endpoint] = silent;
    const run = scene.start(args);
    await waitUntil(() => scene.issuer.count(endpoint) === 1);
    await interrupt(run, signal);
    expect([scene.user.opened(), await scene.left()]).toEqual([[], files]);
  });

  test.each(grants)("while the token endpoint does not answer to the grant %s", async (grant, prepare) => {
    const scene = await setScene();
    scene.issuer.answers.token = silent;
    const run = scene.start([`--grant-type=${grant}`, ...prepare(scene)]);
    await waitUntil(() => scene.issuer.count("token") === 1);
    await interrupt(run, signal);
    expect(await scene.left()).toEqual(listLeft(left.lock, left.discovery));
  });

  test("while login waits for the browser", async () => {
    const scene = await setScene();
    const own = ["--issuer-url", scene.issuer.url, "--client-id", "kubepass", "--insecure-allow-http-issuer"];
    const run = scene.startCommand(["login", "oidc", ...own, "--interaction", "open", "--browser-command", scene.user.browser]);
    await scene.user.awaitBrowser();
    await interrupt(run, signal);
    expect(await scene.left()).toEqual(listLeft(left.lock, left.discovery, left.attempts));
  });

  test("while logout waits for the issuer: the sign-in stays, and the next logout ends it", async () => {
    const scene = await setScene();
    getToken(await scene.signIn());
    scene.issuer.answers.revocation = silent;
    const run = scene.startCommand(["logout"]);
    await waitUntil(() => scene.issuer.count("revocation") === 1);
    await interrupt(run, signal);
    expect(await scene.left()).toEqual(left.signedIn);
    delete scene.issuer.answers.revocation;
    expect((await scene.startCommand(["logout"]).ended).stdout).toContain("signed out");
    expect(scene.session()).toBe("");
  });
});

test.skipIf(!hasTerminals)("Ctrl-C while a password is typed ends that, and what is typed can be seen again", async () => {
  const scene = await setScene();
  const run = scene.start(["--grant-type=password", "--insecure-allow-password-grant", "--username=anna"], atTerminal());
  await waitUntil(() => scene.user.left().includes(left.attempts));
  run.child.stdin?.write("half-a-password\u0003");
  const { code, stdout } = await run.ended;
  expect({ code, said: stdout.includes("interrupted (INTERRUPTED)"), shown: stdout.includes("half-a-pass") }).toEqual({
    code: 130,
    said: true,
    shown: false,
  });
  expect(stdout).toMatch(/[; ]echo[; ]/);
  expect([scene.issuer.count("token"), await scene.left()]).toEqual([0, listLeft(left.lock, left.discovery)]);
});

test("each of these came at once", () => {
  expect(listDelays({ tookMs, promptMs, patienceMs })).toEqual([]);
});
