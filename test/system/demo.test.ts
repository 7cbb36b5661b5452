import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { root } from "./test-support/places.ts";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, type Running, start } from "./test-support/run.ts";
import { waitFor } from "./test-support/wait-for.ts";

// `npm run demo` as a person starts it, with real kubectl: what it leaves running, and what it leaves behind.

const kubectl = getProgram("kubectl");
let place: string;
let environment: Readonly<Record<string, string>>;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "kubepass-demo-test-"));
  for (const name of ["home", "tmp"]) mkdirSync(join(place, name));
  const path = [dirname(kubectl), dirname(process.execPath), "/usr/bin", "/bin"].join(":");
  environment = { HOME: join(place, "home"), TMPDIR: join(place, "tmp"), PATH: path };
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

function startDemo(...args: readonly string[]): Running {
  const node = ["--conditions=@kubepass/source", "--import", "tsx", "demo/main.ts", ...args];
  return start(process.execPath, node, { environment, folder: root, timeoutMs: 280_000 });
}

/** Every program that still runs with the environment of the demo. */
function listPrograms(): readonly string[] {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(join("/proc", name, "environ"), "latin1").includes(place);
    } catch {
      return false;
    }
  });
}

/** What the demo left in its home and among temporary files, once all of its programs have ended. */
async function findLitter(): Promise<readonly string[]> {
  await waitFor("all programs to end", () => (listPrograms().length === 0 ? true : undefined));
  const litter = [...readdirSync(join(place, "tmp")), ...readdirSync(join(place, "home"))];
  // What tsx and npm keep for themselves.
  return litter.filter((name) => !/^tsx-|^node-compile-cache$|^\.npm$/.test(name));
}

it("plays the main job through kubectl, and leaves everything running with --keep until Ctrl-C", async () => {
  const demo = startDemo("--keep");
  const kubeconfig = await waitFor("the last step", () => /^export KUBECONFIG='(.+)'$/m.exec(demo.stdout())?.[1], {
    describe: () => demo.stdout() + demo.stderr(),
  });
  expect(demo.stdout()).toMatch(/^ {2}client +kubectl v1\./m);
  expect(demo.stdout().match(/^✓ [\d.]+ m?s, (?:signed in: |nobody was asked$|refused by the API server$)/gm)).toHaveLength(5);
  expect(demo.stdout()).toContain("The API server says that you are anna@example.com");
  // From another terminal; kubectl's own cache is not the demo's.
  const pods = await start(kubectl, ["get", "pods"], { environment: { ...environment, HOME: place, KUBECONFIG: kubeconfig } }).ended;
  expect(checkExit(pods).stdout).toMatch(/^orders-0 +1\/1 +Running/m);
  demo.kill("SIGINT");
  checkExit(await demo.ended);
  expect(await findLitter()).toEqual([]);
});

it("cleans up after itself when it is interrupted while somebody signs in", async () => {
  const demo = startDemo();
  await waitFor("the first step", () => (demo.stdout().includes("$ kubectl auth whoami") ? true : undefined), {
    describe: () => demo.stdout() + demo.stderr(),
  });
  demo.kill("SIGINT");
  checkExit(await demo.ended, 130);
  expect(await findLitter()).toEqual([]);
});
