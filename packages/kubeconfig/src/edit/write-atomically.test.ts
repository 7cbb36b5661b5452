import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createFolder } from "../test-support/client-scene.ts";
import { backUp, writeAtomically } from "./write-atomically.ts";

function fail(code: string): never {
  throw Object.assign(new Error(`${code}: rename`), { code });
}

test.each([
  ["longer", "a text that is longer than the old one\n"],
  ["shorter", "a\n"],
])("a file that cannot be replaced is written in place when the new text is %s, and stays the same file", (_, text) => {
  const path = join(createFolder(), "config");
  writeFileSync(path, "what was there\n");
  chmodSync(path, 0o640);
  const before = statSync(path);
  writeAtomically(path, text, () => fail("EBUSY"));
  expect(readFileSync(path, "utf8")).toBe(text);
  const { ino, mode } = statSync(path);
  expect([ino, mode]).toEqual([before.ino, before.mode]);
  expect(readdirSync(dirname(path))).toEqual(["config"]);
});

test.each(["EACCES", "EXDEV", "ENOSPC"])("with %s nothing is written", (code) => {
  const path = join(createFolder(), "config");
  writeFileSync(path, "what was there\n");
  expect(() => writeAtomically(path, "new\n", () => fail(code))).toThrow(
    expect.objectContaining({ code: "KUBECONFIG_UNWRITABLE", message: expect.stringContaining(code) }),
  );
  expect(readFileSync(path, "utf8")).toBe("what was there\n");
  expect(readdirSync(dirname(path))).toEqual(["config"]);
});

const canMount = process.platform === "linux" && spawnSync("unshare", ["--user", "--map-root-user", "--mount", "true"]).status === 0;

// A mount of its own needs a process of its own, whose mounts nobody else sees.
test.skipIf(!canMount)("a kubeconfig that is mounted into its folder can be edited", () => {
  const folder = createFolder();
  const [source, path, program] = [join(folder, "source"), join(folder, "config"), join(folder, "edit.mjs")];
  writeFileSync(source, "# mine\nkind: Config\n");
  writeFileSync(path, "");
  const edit = new URL("edit-kubeconfig.ts", import.meta.url).href;
  writeFileSync(
    program,
    `import { editKubeconfigFile } from ${JSON.stringify(edit)};\n` +
      `await editKubeconfigFile(${JSON.stringify(path)}, (document) => document.setCurrentContext("prod"), { backup: ${JSON.stringify(`${path}.bak`)} });\n`,
  );
  const tsx = createRequire(import.meta.url).resolve("tsx");
  const node = ["node", "--conditions=@kubepass/source", "--import", tsx, program];
  const script = 'mount --bind "$0" "$1" && shift && exec "$@"';
  execFileSync("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", script, source, path, ...node], { timeout: 60_000 });
  expect(readFileSync(source, "utf8")).toBe("# mine\nkind: Config\ncurrent-context: prod\n");
  expect(readFileSync(`${path}.bak`, "utf8")).toBe("# mine\nkind: Config\n");
  expect(readdirSync(folder).toSorted()).toEqual(["config", "config.bak", "edit.mjs", "source"]);
});

test("two copies that are to have one name are both kept, and what is no name collision is an error", () => {
  const path = join(createFolder(), "config");
  const copies = ["one", "two", "three"].map((text) => {
    writeFileSync(path, text);
    return backUp(path, `${path}.20260301T000000Z.bak`);
  });
  expect(copies).toEqual(["", "-2", "-3"].map((number) => `${path}.20260301T000000Z${number}.bak`));
  expect(copies.map((copy) => readFileSync(copy, "utf8"))).toEqual(["one", "two", "three"]);
  expect(() => backUp(path, join(path, "no-folder.bak"))).toThrow(expect.objectContaining({ code: "KUBECONFIG_UNWRITABLE" }));
});
