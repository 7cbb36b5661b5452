import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { listDelays } from "../program/promptness.ts";
import { createPerson } from "./test-support/person.ts";
import { getProgram } from "./test-support/programs.ts";
import { createSandbox, type Sandbox } from "./test-support/sandbox.ts";
import { waitFor } from "./test-support/wait-for.ts";

const person = createPerson();
const promptMs = 1_000;
// What they wait for comes after three minutes, or never.
const patienceMs = 30_000;
const tookMs: number[] = [];

/** Every program that still runs with the environment of the sandbox. */
function listPrograms(sandbox: Sandbox): readonly string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(join("/proc", name, "environ"), "latin1").includes(sandbox.home);
    } catch {
      return false;
    }
  });
}

/** Files that only make sense while a program runs: none may stay. */
function listLeftovers(sandbox: Sandbox): readonly string[] {
  const files = readdirSync(sandbox.folder, { recursive: true, encoding: "utf8" });
  return files.filter((name) => /\.tmp|\.new|~$|credentials\/|sessions\//.test(name));
}

async function checkNothingStays(sandbox: Sandbox): Promise<void> {
  await waitFor("all programs to end", () => (listPrograms(sandbox).length === 0 ? true : undefined));
  expect(listLeftovers(sandbox)).toEqual([]);
}

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  let release = (): void => undefined;
  afterEach(() => release());

  it("ends a sign-in that waits for the person, at once and without a trace", async () => {
    await using sandbox = createSandbox();
    const running = sandbox.startGetToken();
    await sandbox.awaitUrl(0);
    const startedMs = performance.now();
    running.kill(signal);
    const { code, stdout } = await running.ended;
    tookMs.push(performance.now() - startedMs);
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    await checkNothingStays(sandbox);
  });

  it("ends a process that waits for another one's sign-in, which goes on", async () => {
    await using sandbox = createSandbox();
    const leader = sandbox.startGetToken();
    const url = await sandbox.awaitUrl(0);
    const follower = sandbox.startGetToken();
    await waitFor("the follower to wait", () => (follower.stderr().includes("waiting for the sign-in") ? true : undefined));
    follower.kill(signal);
    expect((await follower.ended).code).toBe(130);
    await person.signIn(url, `sara-${signal.toLowerCase()}`);
    expect((await leader.ended).code).toBe(0);
  });

  it.each(["/.well-known/", "/token", "/keys"])("ends a sign-in while the issuer is slow to answer %s", async (path) => {
    await using sandbox = createSandbox();
    release = sandbox.holdIssuer(`/dex${path}`);
    const running = sandbox.startGetToken();
    // The page that the person waits for never comes.
    const waiting = path === "/.well-known/" ? undefined : person.signIn(await sandbox.awaitUrl(0), `tilda-${signal.toLowerCase()}`);
    waiting?.catch(() => undefined);
    await waitFor("the request", () => sandbox.issuerRequests().find((request) => request.path.startsWith(`/dex${path}`)), {
      describe: () => `${running.stderr()}\n${JSON.stringify(sandbox.issuerRequests(), undefined, 1)}`,
    });
    const startedMs = performance.now();
    running.kill(signal);
    const { code, stdout } = await running.ended;
    tookMs.push(performance.now() - startedMs);
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    release();
    await checkNothingStays(sandbox);
  });
});

it("Ctrl-C in a terminal ends kubectl and the sign-in that it began", async () => {
  await using sandbox = createSandbox();
  const running = sandbox.startInTerminal(`${getProgram("kubectl")} get namespaces`);
  await sandbox.awaitUrl(0);
  await waitFor("the question", () => (running.stdout().includes("Or paste") ? true : undefined));
  running.write("\u0003");
  expect((await running.ended).code).not.toBe(0);
  await checkNothingStays(sandbox);
});

it("each of these came at once", () => {
  expect(listDelays({ tookMs, promptMs, patienceMs })).toEqual([]);
});
