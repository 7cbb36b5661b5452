import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "@kubepass/plugin-sdk/testing";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { playDemo } from "../../demo/demo.ts";
import { createFolder, type DemoFolder } from "../../demo/folder.ts";
import { createTranscript } from "../../demo/transcript.ts";
import { getExecutable } from "./executable.ts";

// What `npm run demo` plays where there is no kubectl; with kubectl, and as a program of its own, it is tried in test/system.

let executable: string;
beforeAll(async () => {
  executable = await getExecutable();
}, 300_000);

interface Play {
  readonly folder: DemoFolder;
  readonly ended: Promise<boolean>;
  readonly said: () => string;
}

function play(signal: AbortSignal): Play {
  // A checkout with nothing but the executable: no kubectl among its peers either.
  const root = mkdtempSync(join(tmpdir(), "kubepass-program-demo-"));
  for (const name of ["dist", "packages", "home"]) mkdirSync(join(root, name));
  symlinkSync(executable, join(root, "dist", "kubepass"));
  const variables = { HOME: join(root, "home"), PATH: "/nowhere" };
  const folder = createFolder(variables);
  onTestFinished(() => {
    folder.remove();
    rmSync(root, { recursive: true, force: true });
  });
  let text = "";
  const transcript = createTranscript({ areColoursWelcome: false, write: (part) => (text += part) });
  const settings = { isPersonAsked: false, isKept: false, isHelpWanted: false };
  const ended = playDemo({ root, settings, folder, variables, transcript, signal });
  return { folder, ended, said: () => `${text}${readdirSync(variables.HOME).join()}` };
}

/** Every program that runs with the folder in its environment. */
function listPrograms(folder: string): readonly string[] {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(join("/proc", name, "environ"), "latin1").includes(folder);
    } catch {
      return false;
    }
  });
}

test("the demo signs in once by its own client, is served from the cache after that, and says who the API server takes one for", async () => {
  const { ended, said } = play(new AbortController().signal);
  expect(await ended, said()).toBe(true);
  expect(said()).toContain("client      the demo's own, because no kubectl was found");
  expect(said().match(/^✓ [\d.]+ m?s, signed in: /gm)).toHaveLength(1);
  expect(said().match(/^✓ [\d.]+ m?s, nobody was asked$/gm)).toHaveLength(3);
  expect(said().match(/^✓ [\d.]+ m?s, refused by the API server$/gm)).toHaveLength(1);
  expect(said()).toContain("The API server says that you are anna@example.com");
  // Nothing stands in the home, whose names end what was said.
  expect(said()).toMatch(/one and the same token\n$/);
});

test("an interrupted demo leaves no program behind", async () => {
  const interrupted = new AbortController();
  const { folder, ended, said } = play(interrupted.signal);
  await waitUntil(() => said().includes("The first call signs you in") && listPrograms(folder.path).length > 0);
  interrupted.abort(new Error("SIGINT"));
  await expect(ended).rejects.toThrow("SIGINT");
  await waitUntil(() => listPrograms(folder.path).length === 0);
});
