import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLatePipe } from "@kubepass/testkit";
import { expect, onTestFinished, test } from "vitest";
import { findNamedText, maxNamedBytes, readNamedText } from "./named-files.ts";

function createPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-named-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "secret");
}

const problems: readonly (readonly [string, (path: string) => void, string, RegExp])[] = [
  ["a folder", (path) => mkdirSync(path), "the secret PATH cannot be read (EISDIR)", /name a file/],
  ["a link to itself", (path) => symlinkSync(path, path), "the secret PATH cannot be read (ELOOP)", /circle/],
  [
    "too large",
    (path) => writeFileSync(path, Buffer.alloc(maxNamedBytes + 1, 32)),
    "the secret PATH is larger than 1048576 bytes",
    /is this really the secret\?/,
  ],
  ["a pipe", (path) => onTestFinished(createLatePipe(path)), "the secret PATH is not a regular file", /pipes/],
  ["a device", (path) => symlinkSync("/dev/zero", path), "the secret PATH is not a regular file", /devices/],
];

test.each(problems)("a file that is %s is refused with a hint", (_is, make, message, hint) => {
  const path = createPath();
  make(path);
  const refusal = { code: "FILE_UNREADABLE", message: message.replace("PATH", path), hint: expect.stringMatching(hint) };
  expect(() => readNamedText(path, "the secret")).toThrow(expect.objectContaining(refusal));
  expect(() => findNamedText(path, "the secret")).toThrow(expect.objectContaining(refusal));
});

test("a file that is not there is a fact for who looks, and an error for who needs it", () => {
  const path = createPath();
  expect(findNamedText(path, "the secret")).toBeUndefined();
  const refusal = { code: "FILE_UNREADABLE", message: `the secret ${path} cannot be read (ENOENT)`, hint: expect.stringMatching(/path/) };
  expect(() => readNamedText(path, "the secret")).toThrow(expect.objectContaining(refusal));
});

test("a file of the largest size is read, and so is one behind a link", () => {
  const path = createPath();
  writeFileSync(path, "ö".repeat(maxNamedBytes / 2));
  symlinkSync(path, `${path}.link`);
  expect(findNamedText(`${path}.link`, "the secret")).toBe(readNamedText(path, "the secret"));
  expect(readNamedText(path, "the secret")).toHaveLength(maxNamedBytes / 2);
});
