import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readBuildInfo } from "../../scripts/build/build-info.ts";
import { signMachO } from "../../scripts/build/sign-mach-o.ts";
import { hasConsole, readCodeFormat, readCodeSignature } from "./test-support/executable-format.ts";
import { createPerson } from "./test-support/person.ts";
import { root } from "./test-support/places.ts";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, type Outcome, start } from "./test-support/run.ts";
import { createSandbox, type Sandbox } from "./test-support/sandbox.ts";
import { startSecretService } from "./test-support/secret-service.ts";

// `npm run build:all`, and what it made. The one for Linux on this machine runs here, that on arm64 elsewhere under an emulator; the others are read.

const person = createPerson();
const dist = join(root, "dist");
const sums = "SHA256SUMS";

interface Built {
  readonly file: string;
  readonly format: "ELF" | "Mach-O" | "PE";
  readonly architecture: "x64" | "arm64";
  readonly keyring: string;
}

const all: readonly Built[] = [
  { file: "kubepass-linux-x64", format: "ELF", architecture: "x64", keyring: "linux-x64-gnu" },
  { file: "kubepass-linux-arm64", format: "ELF", architecture: "arm64", keyring: "linux-arm64-gnu" },
  { file: "kubepass-darwin-x64", format: "Mach-O", architecture: "x64", keyring: "darwin-x64" },
  { file: "kubepass-darwin-arm64", format: "Mach-O", architecture: "arm64", keyring: "darwin-arm64" },
  { file: "kubepass-windows-x64.exe", format: "PE", architecture: "x64", keyring: "win32-x64-msvc" },
];

beforeAll(async () => {
  for (const name of existsSync(dist) ? readdirSync(dist) : []) if (/^kubepass-|^SHA256SUMS$/.test(name)) rmSync(join(dist, name));
  checkExit(await start(getProgram("npm"), ["run", "build:all"], { environment: process.env, folder: root, timeoutMs: 290_000 }).ended);
});

/** The native keyring modules of every platform, by the last part of their packages' names. */
function readModules(): ReadonlyMap<string, Buffer> {
  const fetched = readdirSync(join(root, ".cache")).filter((name) => name.startsWith("keyring-"));
  const places = ["node_modules", ...fetched.map((name) => join(".cache", name, "node_modules"))].map((place) =>
    join(root, place, "@napi-rs"),
  );
  const modules = new Map<string, Buffer>();
  for (const place of places) {
    for (const name of readdirSync(place)) {
      const file = join(place, name, `${name.replace("-", ".")}.node`);
      if (existsSync(file)) modules.set(name.replace("keyring-", ""), readFileSync(file));
    }
  }
  return modules;
}

describe("every platform gets one file", () => {
  it("and no other file is made", () => {
    expect(readdirSync(dist).filter((name) => name.startsWith("kubepass-"))).toEqual(all.map(({ file }) => file).toSorted());
  });

  it.each(all)("$file: $format for $architecture, with the keyring module of that platform and of no other", ({ file, ...made }) => {
    const bytes = readFileSync(join(dist, file));
    expect(readCodeFormat(bytes)).toEqual({ format: made.format, kind: "program", architecture: made.architecture });
    const modules = readModules();
    expect(modules.size).toBeGreaterThanOrEqual(all.length);
    const inside = [...modules].filter(([, module]) => bytes.includes(module)).map(([platform]) => platform);
    expect(inside).toEqual([made.keyring]);
    const module = modules.get(made.keyring) ?? Buffer.alloc(0);
    expect(readCodeFormat(module)).toEqual({ format: made.format, kind: "library", architecture: made.architecture });
  });

  it("whose sum another program finds right", async () => {
    const call = { environment: {}, folder: dist };
    const checked = checkExit(await start(getProgram("sha256sum"), ["--check", "--strict", sums], call).ended);
    expect(checked.stdout.trimEnd().split("\n").toSorted()).toEqual(all.map(({ file }) => `${file}: OK`).toSorted());
  });

  it("to which Windows gives a console", () => {
    expect(hasConsole(readFileSync(join(dist, "kubepass-windows-x64.exe")))).toBe(true);
  });
});

describe("on macOS, which ends a program whose signature does not fit,", () => {
  it.each([
    ["kubepass-darwin-x64", "kubepass"],
    ["kubepass-darwin-arm64", "a.out"],
  ])("%s has a signature in which every hash fits", (file, identifier) => {
    const { pages, ...signature } = readCodeSignature(readFileSync(join(dist, file)));
    expect(pages).toBeGreaterThan(10_000);
    expect(signature).toEqual({ identifier, isAdHoc: true, isWhole: true, wrongPages: 0 });
  });

  it("we sign as Bun does, byte for byte, where Bun does", () => {
    const bytes = readFileSync(join(dist, "kubepass-darwin-arm64"));
    expect(signMachO(bytes, "a.out").equals(bytes)).toBe(true);
  });
});

/** What starts a program of Linux: nothing for one of this machine, else an emulator with the loader and libc of arm64. */
function findStarter(architecture: Built["architecture"]): readonly string[] {
  return architecture === process.arch ? [] : [getProgram("qemu-aarch64"), "-L", "/usr/aarch64-linux-gnu"];
}

describe.each(["x64", "arm64"] as const)("the one for Linux on %s", (architecture) => {
  // Nothing emulates x64 here.
  const isStartable = architecture === process.arch || architecture === "arm64";

  async function run(sandbox: Sandbox, args: readonly string[]): Promise<Outcome> {
    const [program = "", ...words] = [...findStarter(architecture), join(dist, `kubepass-linux-${architecture}`), ...args];
    const outcome = await start(program, words, { environment: sandbox.environment, folder: sandbox.home }).ended;
    sandbox.record.addOutput(`kubepass-linux-${architecture} ${args[0]} (standard error)`, outcome.stderr);
    return outcome;
  }

  it.skipIf(!isStartable)("starts, and says what it is", async () => {
    await using sandbox = createSandbox();
    const { stdout } = checkExit(await run(sandbox, ["version", "--output=json"]));
    expect(JSON.parse(stdout)).toMatchObject({ ...readBuildInfo(root), runtime: "bun", platform: `linux-${architecture}` });
  });

  it.skipIf(!isStartable)("signs a person in and keeps the session in the Secret Service, from which it renews", async () => {
    await using sandbox = createSandbox();
    await using service = await startSecretService(sandbox, `build-${architecture}`);
    Object.assign(sandbox.environment, service.environment);
    const call = ["get-token", ...sandbox.signInArguments];
    const running = run(sandbox, call);
    await person.signIn(await sandbox.awaitUrl(0), `bodil-${architecture}`);
    checkExit(await running);
    expect(await service.search("kubepass")).toMatch(/attribute\.username = session\/[0-9a-f]{64}/);
    const renewed = checkExit(await run(sandbox, [...call, "--force-refresh", "--non-interactive"]));
    expect(JSON.parse(renewed.stdout).status.token).toMatch(/^ey/);
    expect(sandbox.openedUrls()).toHaveLength(1);
  });
});
