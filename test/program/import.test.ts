import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-import-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// What can be seen of a process, before and after it has loaded a file; what is called meanwhile is noted by name.
const watcher = `
import childProcess from "node:child_process";
import dns from "node:dns";
import fs from "node:fs";
import net from "node:net";
import { syncBuiltinESMExports } from "node:module";
const calls = [];
const real = new Map();
for (const [module, names] of [
  [fs, ["openSync", "readFileSync", "statSync", "readdirSync", "existsSync", "accessSync", "open", "readFile", "stat", "writeFileSync", "watch"]],
  [childProcess, ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"]],
  [net, ["connect", "createConnection", "createServer"]],
  [dns, ["lookup", "resolve"]],
  [globalThis, ["fetch", "setTimeout", "setInterval", "setImmediate"]],
]) {
  for (const name of names) {
    const original = module[name];
    real.set(name, () => (module[name] = original));
    module[name] = (...args) => { calls.push(name); return original.apply(module, args); };
  }
}
syncBuiltinESMExports();
const look = () => ({
  resources: (process.getActiveResourcesInfo?.() ?? []).filter((name) => !/FSReq|Immediate/.test(name)).sort(),
  listeners: process.eventNames().map((name) => String(name) + process.listenerCount(name)).sort(),
  globals: Object.getOwnPropertyNames(globalThis).sort(),
  variables: Object.keys(process.env).sort(),
  folder: process.cwd(),
  title: process.title,
  exitCode: process.exitCode ?? 0,
});
// Node makes these when somebody asks for its module "process" in the old way, which a library of others does.
void [process.stdin, process.stdout, process.stderr];
const before = look();
const loaded = await import(process.argv[2]);
const after = look();
const noted = [...calls];
for (const restore of real.values()) restore();
process.stdout.write(JSON.stringify({ before, after, calls: noted, exports: Object.keys(loaded).length }));
`;

interface Seen {
  readonly before: object;
  readonly after: object;
  readonly calls: readonly string[];
  readonly exports: number;
}

/** Loads a file with this text in a process of its own, which has to end by itself. */
async function load(command: string, name: string, text: string): Promise<Seen> {
  const bundle = join(folder, `${name}.mjs`);
  await build({
    stdin: { contents: text, resolveDir: import.meta.dirname },
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@kubepass/source"],
    // Some of what is bundled asks for Node's modules in the old way.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "error",
  });
  const program = join(folder, "watcher.mjs");
  writeFileSync(program, watcher);
  const { stdout, stderr } = await promisify(execFile)(command, [program, bundle], { timeout: 60_000 });
  expect(stderr).toBe("");
  const seen: Seen = JSON.parse(stdout);
  return seen;
}

const bun = fileURLToPath(new URL("../../node_modules/.bin/bun", import.meta.url));
// In Bun nobody can get between a module and those that are built in.
const runtimes = [
  ["Node", process.execPath, ["readFileSync", "spawn", "setInterval"]],
  ["Bun", bun, ["setInterval"]],
] as const;

test.each(runtimes.flatMap(([name, command]) => ["kubeconfig", "network", "wire"].map((library) => [name, library, command] as const)))(
  "under %s nothing is done when @kubepass/%s is imported",
  async (runtime, library, command) => {
    const { before, after, calls, exports } = await load(command, `${runtime}-${library}`, `export * from "@kubepass/${library}";`);
    expect(exports).toBeGreaterThan(5);
    expect(after).toEqual(before);
    expect(calls).toEqual([]);
  },
);

test.each(runtimes)("under %s what is done would be seen", async (_, command, names) => {
  const text = `
    import { readFileSync } from "node:fs";
    import { spawn } from "node:child_process";
    readFileSync("/dev/null");
    spawn("true");
    process.on("SIGUSR2", () => {});
    globalThis.leftBehind = setInterval(() => {}, 1).unref();
    export const done = 1;`;
  const { before, after, calls } = await load(command, "busy", text);
  expect(calls).toEqual(expect.arrayContaining([...names]));
  expect(after).not.toEqual(before);
});
