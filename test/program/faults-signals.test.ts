import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { waitUntil } from "@kubepass/plugin-sdk/testing";
import { describe, expect, test } from "vitest";
import { type FaultScene, getToken, left, listLeft, setScene, useExecutable } from "./fault-scene.ts";
import { interruptRun, patienceMs, promptMs } from "./interrupt.ts";
import { listDelays } from "./promptness.ts";
import type { Run } from "./user.ts";

// Ctrl-C and kill at each step: the program ends at once, and nothing is lost.

useExecutable();

const tookMs: number[] = [];
const silent = { connection: "silent" } as const;

async function interrupt(run: Run, signal: NodeJS.Signals): Promise<void> {
  tookMs.push(await interruptRun(run, signal));
}

async function isPortClosed(scene: FaultScene): Promise<boolean> {
  const { hostname, port } = new URL(new URL(scene.user.opened()[0] ?? "").searchParams.get("redirect_uri") ?? "");
  const socket = connect(Number(port), hostname);
  return await new Promise((resolve) => {
    socket.once("error", () => resolve(true));
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
  });
}

async function setSignedInScene(): Promise<FaultScene> {
  const scene = await setScene();
  getToken(await scene.signIn());
  scene.user.forgetRuntime();
  return scene;
}

/** The path of a program that the person wrote, run in his folder. */
function writeScript(scene: FaultScene, text: string): string {
  const path = join(scene.user.folder, "script");
  writeFileSync(path, `#!/bin/sh\ncd '${scene.user.folder}'\n${text}\n`, { mode: 0o700 });
  return path;
}

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  test("while the discovery document does not come", async () => {
    const scene = await setScene();
    scene.issuer.answers.discovery = silent;
    const run = scene.start();
    await waitUntil(() => scene.issuer.count("discovery") === 1);
    await interrupt(run, signal);
    expect(await scene.left()).toEqual(listLeft(left.lock));
  });

  test("while it waits before it asks a busy issuer again", async () => {
    const scene = await setScene();
    scene.issuer.answers.discovery = { status: 503, headers: { "retry-after": "5" }, body: "busy" };
    const run = scene.start();
    await waitUntil(() => run.stderr().includes("status: 503"));
    await interrupt(run, signal);
    expect([scene.issuer.count("discovery"), await scene.left()]).toEqual([1, listLeft(left.lock)]);
  });

  test("while the browser is waited for: the port is closed, and the next try works", async () => {
    const scene = await setScene();
    const run = scene.start();
    await scene.user.awaitBrowser();
    await interrupt(run, signal);
    expect(await isPortClosed(scene)).toBe(true);
    expect(await scene.left()).toEqual(listLeft(left.lock, left.discovery, left.attempts));
    getToken(await scene.signIn());
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test.each(["token", "keys"] as const)(
    "while the %s endpoint does not answer: the page says so, and the port is closed",
    async (endpoint) => {
      const scene = await setScene();
      scene.issuer.answers[endpoint] = silent;
      const run = scene.start();
      const page = scene.visit(await scene.user.awaitBrowser()).catch(() => undefined);
      await waitUntil(() => scene.issuer.count(endpoint) === 1);
      await interrupt(run, signal);
      expect(await isPortClosed(scene)).toBe(true);
      expect((await page)?.body ?? "").not.toContain("Signed in");
      expect(await scene.left()).toEqual(listLeft(left.lock, left.discovery, left.attempts));
    },
  );

  test("while the person has not approved the device code yet, which the next try does not use", async () => {
    const scene = await setScene();
    const run = scene.start(["--grant-type", "device-code", "--interaction", "print"]);
    await waitUntil(() => scene.issuer.count("token") === 1);
    await interrupt(run, signal);
    expect(await scene.left()).toEqual(listLeft(left.lock, left.discovery, left.attempts));
    scene.issuer.isDeviceApproved = true;
    getToken(await scene.run(["--grant-type", "device-code", "--interaction", "print"]));
    expect([scene.issuer.count("deviceAuthorization"), await scene.left()]).toEqual([2, left.signedIn]);
  });

  test("while the command that prints the client secret runs, which ends with it", async () => {
    const scene = await setScene();
    const command = writeScript(scene, "touch started; exec sleep 60");
    const run = scene.start(["--client-secret-command", command]);
    await waitUntil(() => existsSync(join(scene.user.folder, "started")));
    await interrupt(run, signal);
    // No program still runs: that is looked for as well.
    expect(await scene.left()).toEqual(listLeft(left.lock));
    expect(scene.user.opened()).toEqual([]);
  });

  test("while a refresh does not come back: the session is kept, and works", async () => {
    const scene = await setSignedInScene();
    const before = scene.session();
    scene.issuer.answers.token = silent;
    const run = scene.start();
    await waitUntil(() => scene.issuer.count("token") === 2);
    await interrupt(run, signal);
    expect(scene.session()).toBe(before);
    expect(await scene.left()).toEqual(listLeft(left.lock, left.discovery, left.keys, left.session, left.record));
    delete scene.issuer.answers.token;
    getToken(await scene.run());
    expect(scene.user.opened()).toHaveLength(1);
  });

  test("while a refreshed token is checked: the rotated session is kept, and works", async () => {
    const scene = await setSignedInScene();
    scene.user.passTime("cache/", 24 * 3_600_000);
    await scene.issuer.rotateKeys();
    scene.issuer.answers.keys = silent;
    const before = scene.session();
    const run = scene.start();
    await waitUntil(() => scene.issuer.count("keys") === 2);
    await interrupt(run, signal);
    expect(scene.session()).not.toBe(before);
    delete scene.issuer.answers.keys;
    getToken(await scene.run());
    expect(scene.user.opened()).toHaveLength(1);
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("while it waits for another one's sign-in, which goes on", async () => {
    const scene = await setScene();
    const leader = scene.start();
    const url = await scene.user.awaitBrowser();
    const follower = scene.start();
    await waitUntil(() => follower.stderr().includes("waiting for the sign-in"));
    await interrupt(follower, signal);
    await scene.visit(url);
    getToken(await leader.ended);
    expect(scene.user.opened()).toHaveLength(1);
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("twice in a row ends it all the same", async () => {
    const scene = await setScene();
    const run = scene.start();
    await scene.user.awaitBrowser();
    run.child.kill(signal);
    await interrupt(run, signal).catch(() => undefined);
    expect((await run.ended).code).toBe(130);
    expect(await isPortClosed(scene)).toBe(true);
    expect(await scene.residues()).toEqual([]);
  });
});

test("each of these came at once", () => {
  expect(listDelays({ tookMs, promptMs, patienceMs })).toEqual([]);
});
