import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  isWholeJson,
  readDurableFile,
  readPrivateFile,
  removePrivateFile,
  removeRemnants,
  writeDurableFile,
  writePassingFile,
} from "./private-files.ts";

const { uid } = userInfo();
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-files-"));
  path = join(folder, "file");
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(text: string): void {
  writeDurableFile(path, text, uid);
}

test("a file and its new folders are for the user alone, and nothing else is left behind", () => {
  path = join(folder, "a", "b", "file");
  write("text");
  expect(readPrivateFile(path, uid)).toBe("text");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "a", "b")).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(folder, "a", "b"))).toEqual(["file"]);
});

test("what can neither be written nor cleared away is told as unwritable, and the old text stays", () => {
  write("old");
  mkdirSync(`${path}.next`);
  expect(() => write("new")).toThrow(expect.objectContaining({ code: "STORE_UNWRITABLE" }));
  rmSync(`${path}.next`, { recursive: true });
  expect(readPrivateFile(path, uid)).toBe("old");
});

test("a file that is not there is absent, and so is one in a folder that is not there", () => {
  expect(readPrivateFile(path, uid)).toBeUndefined();
  expect(readPrivateFile(join(folder, "x", "y"), uid)).toBeUndefined();
});

test.each([
  ["a link", () => (writeFileSync(join(folder, "aim"), "x", { mode: 0o600 }), symlinkSync(join(folder, "aim"), path))],
  ["a link to nothing", () => symlinkSync(join(folder, "nothing"), path)],
  ["a second name of a file", () => (writeFileSync(path, "x", { mode: 0o600 }), linkSync(path, join(folder, "second")))],
  ["a named pipe", () => execFileSync("mkfifo", ["-m", "600", path])],
  ["a folder", () => mkdirSync(path, { mode: 0o700 })],
  ["readable by others", () => (writeFileSync(path, "x"), chmodSync(path, 0o644))],
  ["writable by the group", () => (writeFileSync(path, "x"), chmodSync(path, 0o660))],
  ["huge", () => writeFileSync(path, Buffer.alloc(5 * 1024 * 1024), { mode: 0o600 })],
])("a file that is %s is refused", (_what, make) => {
  make();
  expect(() => readPrivateFile(path, uid)).toThrow(expect.objectContaining({ code: "STORE_UNSAFE" }));
});

test("a folder that is a link or open to others is refused, for reading and for writing", () => {
  const open = join(folder, "open");
  mkdirSync(open);
  chmodSync(open, 0o755);
  symlinkSync(folder, join(folder, "link"));
  for (const name of ["open", "link"]) {
    path = join(folder, name, "file");
    expect(() => readPrivateFile(path, uid)).toThrow(expect.objectContaining({ code: "STORE_UNSAFE" }));
    expect(() => write("x")).toThrow(expect.objectContaining({ code: "STORE_UNSAFE" }));
  }
});

test.skipIf(uid !== 0)("a file or folder of somebody else is refused", () => {
  write("x");
  chownSync(path, 12_345, 12_345);
  expect(() => readPrivateFile(path, uid)).toThrow(/belongs to user 12345/);
  chownSync(folder, 12_345, 12_345);
  expect(() => write("x")).toThrow(/belongs to user 12345/);
});

test("a link in the file's place is replaced, and what it points to stays as it was", () => {
  const aim = join(folder, "aim");
  writeFileSync(aim, "precious");
  symlinkSync(aim, path);
  write("new");
  expect(readPrivateFile(path, uid)).toBe("new");
  expect(statSync(aim).size).toBe("precious".length);
});

test("a write that fails leaves the old file and no other", () => {
  mkdirSync(path, { mode: 0o700 });
  expect(() => write("x")).toThrow(expect.objectContaining({ code: "STORE_UNWRITABLE" }));
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("a text that was written but not yet put in place counts, half of one does not", () => {
  write('"old"');
  writeFileSync(`${path}.next`, '"new"', { mode: 0o600 });
  expect(readDurableFile(path, uid, isWholeJson)).toBe('"new"');
  writeFileSync(`${path}.next`, '"ne', { mode: 0o600 });
  expect(readDurableFile(path, uid, isWholeJson)).toBe('"old"');
  write('"newest"');
  expect(readDurableFile(path, uid, isWholeJson)).toBe('"newest"');
  expect(readdirSync(folder)).toEqual(["file"]);
  writeFileSync(`${path}.next`, '"new"', { mode: 0o600 });
  removePrivateFile(path);
  expect(readdirSync(folder)).toEqual([]);
});

test("what killed writers left beside a file goes with it, and nothing else does", () => {
  write("text");
  for (const name of ["file.1.tmp", "file.2.tmp", "file2.1.tmp", "file.json"]) writeFileSync(join(folder, name), "x", { mode: 0o600 });
  removeRemnants(path);
  expect(readdirSync(folder).toSorted()).toEqual(["file", "file.json", "file2.1.tmp"]);
  removeRemnants(join(folder, "nowhere", "file"));
});

test("a text that may be lost is still the one that is read next, whatever a killed writer left", () => {
  write('"old"');
  writeFileSync(`${path}.next`, '"left"', { mode: 0o600 });
  writePassingFile(path, '"new"', uid);
  expect(readDurableFile(path, uid, isWholeJson)).toBe('"new"');
  expect(readdirSync(folder)).toEqual(["file"]);
});
