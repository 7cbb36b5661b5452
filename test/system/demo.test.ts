import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPerson } from "./test-support/person.ts";
import { root } from "./test-support/places.ts";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, type Running, start } from "./test-support/run.ts";
import { waitFor } from "./test-support/wait-for.ts";

// `npm run demo` as a person starts it, with real kubectl: what it leaves running, and what it leaves behind.

const kubectl = getProgram("kubectl");
const person = createPerson();
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

describe("with --browser", () => {
  /** What the person's desktop opens, as soon as it is asked to. */
  async function awaitOpened(demo: Running): Promise<string> {
    const opened = join(place, "opened");
    const look = (): string | undefined => (existsSync(opened) ? readFileSync(opened, "utf8").split("\n")[0] : undefined) || undefined;
    return await waitFor("the browser to be opened", look, { describe: () => demo.stdout() + demo.stderr() });
  }

  /** A desktop whose browser is another program's to play. */
  function addDesktop(): void {
    mkdirSync(join(place, "bin"));
    writeFileSync(join(place, "bin", "xdg-open"), `#!/bin/sh\nprintf '%s\\n' "$1" >>'${join(place, "opened")}'\n`, { mode: 0o755 });
    environment = { ...environment, DISPLAY: ":0", PATH: `${join(place, "bin")}:${environment["PATH"]}` };
  }

  /** The command as a person types it, in a pseudo-terminal. */
  function startAtTerminal(): Running {
    environment = { ...environment, NO_COLOR: "1", npm_config_update_notifier: "false" };
    const options = { environment, folder: root, input: "open", timeoutMs: 280_000 } as const;
    return start(getProgram("script"), ["-qec", "npm run demo -- --browser", "/dev/null"], options);
  }

  /** The password that the demo shows for an account. */
  function readPassword(demo: Running, account: string): string {
    return new RegExp(`^ {2}${account} +(.+?)\\r?$`, "m").exec(demo.stdout())?.[1] ?? "";
  }

  async function checkEnd(demo: Running, user: string): Promise<void> {
    const { stdout } = checkExit(await demo.ended);
    const said = stdout.replaceAll("\r\n", "\n");
    expect(said.match(/^✓ [\d.]+ m?s, (?:signed in|nobody was asked|refused by the API server)$/gm)).toEqual([
      expect.stringMatching(/signed in$/),
      ...Array.from({ length: 3 }, () => expect.stringMatching(/nobody was asked$/)),
      expect.stringMatching(/refused by the API server$/),
    ]);
    expect(said).toContain(`The API server says that you are ${user}`);
    expect(said).toMatch(/^ {2}sign-ins at the issuer +1$/m);
    expect(said).toMatch(/^ {2}token requests +1$/m);
    expect(await findLitter()).toEqual([]);
  }

  it("opens the page on which a person signs in, and goes on as that person", async () => {
    addDesktop();
    const demo = startAtTerminal();
    const url = await awaitOpened(demo);
    const seen = await person.signInAtDemo(url, "bob", readPassword(demo, "bob"));
    expect(seen.text).toContain("You are signed in");
    expect(seen.text).toContain("bob@example.com");
    await checkEnd(demo, "bob@example.com,\nin the groups developers, operators, and system:authenticated.");
  });

  it("shows the page's address where no browser can be opened", async () => {
    const demo = startAtTerminal();
    const address = /^https:\/\/127\.0\.0\.1:\d+\/authorize\?\S+(?=\r?$)/m;
    const url = await waitFor("the address", () => address.exec(demo.stdout())?.[0], { describe: () => demo.stdout() });
    expect(demo.stdout()).not.toContain("Opening your browser");
    await person.signInAtDemo(url, "anna", readPassword(demo, "anna"));
    await checkEnd(demo, "anna@example.com,\nin the groups developers and system:authenticated.");
  });

  it("leaves nothing behind on Ctrl-C while the person signs in", async () => {
    addDesktop();
    const demo = startAtTerminal();
    await awaitOpened(demo);
    expect(listPrograms().length).toBeGreaterThan(2);
    demo.write("\u0003");
    expect((await demo.ended).code).not.toBe(0);
    expect(await findLitter()).toEqual([]);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("leaves nothing behind on a %s that it gets alone", async (signal) => {
    addDesktop();
    const demo = startDemo("--browser");
    await awaitOpened(demo);
    demo.kill(signal);
    checkExit(await demo.ended, 130);
    expect(await findLitter()).toEqual([]);
  });
});
