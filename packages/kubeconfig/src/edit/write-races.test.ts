import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { parseKubeconfig } from "../parse-kubeconfig.ts";
import { createFolder } from "../test-support/client-scene.ts";
import { editKubeconfigFile } from "./edit-kubeconfig.ts";
import { writeAtomically } from "./write-atomically.ts";

const tsx = createRequire(import.meta.url).resolve("tsx");
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs a program of its own that has our functions. */
function run(folder: string, lines: readonly string[], uid?: number): Ended {
  const program = join(folder, "program.mjs");
  const imports = [
    `import { kill } from "node:process";`,
    `import { renameSync } from "node:fs";`,
    `import { editKubeconfigFile } from ${JSON.stringify(new URL("edit-kubeconfig.ts", import.meta.url).href)};`,
    `import { withKubeconfigLock } from ${JSON.stringify(new URL("lock-file.ts", import.meta.url).href)};`,
    `import { writeAtomically } from ${JSON.stringify(new URL("write-atomically.ts", import.meta.url).href)};`,
  ];
  writeFileSync(program, [...imports, ...lines].join("\n"));
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const { signal, stdout, stderr } = spawnSync("node", ["--conditions=@kubepass/source", "--import", tsx, program], {
    encoding: "utf8",
    timeout: 60_000,
    ...identity,
  });
  return { signal, output: `${stdout}${stderr}` };
}

test("readers see the old text or the new one, never a part, however often it is written", async () => {
  const path = join(createFolder(), "config");
  // Long enough that no system writes it in one go, and one longer than the other.
  const texts = ["a", "b"].map((letter, index) => letter.repeat(300_000 + index * 100_000));
  writeFileSync(path, texts[0] ?? "");
  const look = `
    const { readFileSync } = require("node:fs");
    let isOver = false;
    process.stdin.on("end", () => (isOver = true)).resume();
    const seen = new Set();
    const look = () => {
      const text = readFileSync(${JSON.stringify(path)}, "latin1");
      seen.add([text.at(0), text.at(-1), text.length].join());
      if (isOver) process.stdout.write(JSON.stringify([...seen]));
      else setImmediate(look);
    };
    process.stderr.write("ready");
    look();`;
  const reader = spawn("node", ["-e", look]);
  await new Promise((resolve) => reader.stderr.once("data", resolve));
  for (let count = 1; count <= 200; count += 1) {
    writeAtomically(path, texts[count % 2] ?? "");
    // The reader gets its turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  reader.stdin.end();
  const seen: readonly string[] = JSON.parse(await text(reader.stdout));
  // The reader saw some of both.
  expect(new Set(seen)).toEqual(new Set(["a,a,300000", "b,b,400000"]));
});

const kill = `kill(process.pid, "SIGKILL")`;

test.each([
  ["before the new text takes its place", `() => ${kill}`, "old"],
  ["after it", `(from, to) => { renameSync(from, to); ${kill}; }`, "new"],
])("a writer that is killed %s leaves a whole text, and a lock that the next one takes over", async (_, rename, expected) => {
  const folder = createFolder();
  const path = join(folder, "config");
  writeFileSync(path, "current-context: old\n");
  const write = `writeAtomically(${JSON.stringify(path)}, "current-context: new\\n", ${rename})`;
  expect(run(folder, [`await withKubeconfigLock(${JSON.stringify(path)}, () => ${write});`]).signal).toBe("SIGKILL");
  expect(parseKubeconfig(readFileSync(path)).currentContext).toBe(expected);
  const lock = `${path}.lock`;
  expect(existsSync(lock)).toBe(true);
  const change = editKubeconfigFile(path, (document) => document.setCurrentContext("next"), { timeoutMs: 50 });
  await expect(change).rejects.toMatchObject({ code: "KUBECONFIG_LOCKED" });
  const longAgo = new Date(Date.now() - 120_000);
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), longAgo, longAgo);
  await editKubeconfigFile(path, (document) => document.setCurrentContext("next"));
  expect(readFileSync(path, "utf8")).toBe("current-context: next\n");
  // Nor does what it had written so far stay, which may hold secrets.
  expect(readdirSync(folder).toSorted()).toEqual(["config", "program.mjs"]);
});

test("what another program is writing just now stays, and so does what is no part of it", () => {
  const folder = createFolder();
  const path = join(folder, "config");
  const own = "config.6f1b2b0e-7d52-4b8c-9d2e-0a8a3f5d9f11.tmp";
  const others = [own, "config.tmp", "config.old.tmp", "other.6f1b2b0e-7d52-4b8c-9d2e-0a8a3f5d9f11.tmp"];
  for (const name of others) writeFileSync(join(folder, name), "");
  const longAgo = new Date(Date.now() - 120_000);
  for (const name of others.slice(1)) utimesSync(join(folder, name), longAgo, longAgo);
  writeAtomically(path, "new\n");
  expect(readdirSync(folder).toSorted()).toEqual(["config", ...others].toSorted());
});

test("a link to itself, or around a circle, is an error and nothing is written", async () => {
  const folder = createFolder();
  const [one, other] = [join(folder, "one"), join(folder, "other")];
  symlinkSync("other", one);
  symlinkSync("one", other);
  expect(() => writeAtomically(one, "new\n")).toThrow(expect.objectContaining({ code: "KUBECONFIG_UNWRITABLE" }));
  const edit = editKubeconfigFile(one, (document) => document.setCurrentContext("x"));
  await expect(edit).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  expect(readdirSync(folder).toSorted()).toEqual(["one", "other"]);
});

test("a path that goes round in its folders leads to its file", async () => {
  const folder = createFolder();
  symlinkSync(".", join(folder, "round"));
  writeFileSync(join(folder, "config"), "kind: Config\n");
  await editKubeconfigFile(join(folder, "round/round/../round/config"), (document) => document.setCurrentContext("x"));
  expect(readFileSync(join(folder, "config"), "utf8")).toBe("kind: Config\ncurrent-context: x\n");
  expect(lstatSync(join(folder, "round")).isSymbolicLink()).toBe(true);
  expect(readdirSync(folder).toSorted()).toEqual(["config", "round"]);
});

/** An edit as nobody, of a file in a folder that everybody may write into. */
function editAsNobody(owner: number, mode: number): { readonly output: string; readonly path: string } {
  const folder = createFolder();
  const path = join(folder, "config");
  writeFileSync(path, "kind: Config\n");
  chmodSync(path, mode);
  chownSync(path, owner, owner);
  chmodSync(folder, 0o777);
  const edit = `await editKubeconfigFile(${JSON.stringify(path)}, (document) => document.setCurrentContext("x"))`;
  const { output } = run(folder, [`console.log(await (async () => { ${edit}; return "done"; })().catch(({ code }) => code));`], nobody);
  expect(readdirSync(folder).toSorted()).toEqual(["config", "program.mjs"]);
  return { output: output.trim(), path };
}

test.skipIf(!isRoot)("a file that is somebody else's and may be written into stays theirs", () => {
  const { output, path } = editAsNobody(0, 0o666);
  expect(output).toBe("done");
  expect(readFileSync(path, "utf8")).toBe("kind: Config\ncurrent-context: x\n");
  const { uid, mode } = statSync(path);
  expect([uid, mode & 0o777]).toEqual([0, 0o666]);
});

test.skipIf(!isRoot).each([
  ["somebody else's and may only be read", 0, 0o644],
  ["ours and is protected against writing", nobody, 0o400],
])("a file that is %s is not replaced, though its folder would allow it", (_, owner, mode) => {
  const { output, path } = editAsNobody(owner, mode);
  expect(output).toBe("KUBECONFIG_UNWRITABLE");
  expect(readFileSync(path, "utf8")).toBe("kind: Config\n");
});

test.skipIf(isRoot)("a file of ours that is protected against writing is not replaced", () => {
  const path = join(createFolder(), "config");
  writeFileSync(path, "old\n", { mode: 0o400 });
  expect(() => writeAtomically(path, "new\n")).toThrow(expect.objectContaining({ code: "KUBECONFIG_UNWRITABLE" }));
  expect(readFileSync(path, "utf8")).toBe("old\n");
});

test.skipIf(!isRoot)("what root edits stays whose it was", async () => {
  const path = join(createFolder(), "config");
  writeFileSync(path, "kind: Config\n");
  chownSync(path, nobody, nobody);
  await editKubeconfigFile(path, (document) => document.setCurrentContext("x"));
  const { uid, gid } = statSync(path);
  expect([uid, gid]).toEqual([nobody, nobody]);
});
