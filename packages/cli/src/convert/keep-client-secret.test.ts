import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLatePipe } from "@kubepass/testkit";
import { Secret } from "@kubepass/wire";
import { expect, onTestFinished, test } from "vitest";
import { findClientSecret, keepClientSecret } from "./keep-client-secret.ts";

function createPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-secret-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "secret");
}

test("a client secret that was kept is found as it was, readable by its owner alone", () => {
  const path = join(createPath(), "deep", "file");
  expect(findClientSecret(path)).toBeUndefined();
  keepClientSecret(path, new Secret("hunter2 "));
  expect([findClientSecret(path)?.reveal(), statSync(path).mode & 0o777]).toEqual(["hunter2 ", 0o600]);
});

test.each<readonly [string, (path: string) => void, string, string]>([
  [
    "too large",
    (path) => writeFileSync(path, "x".repeat(1024 * 1024 + 1)),
    "is larger than 1048576 bytes",
    "is this really the client secret file?",
  ],
  ["empty", (path) => writeFileSync(path, "\n"), "is empty", "remove it, or name another file with --client-secret-file"],
  ["a folder", (path) => mkdirSync(path), "cannot be read (EISDIR)", "name a file in that folder"],
  ["a pipe", (path) => onTestFinished(createLatePipe(path)), "is not a regular file", "name a file: pipes and devices are not read here"],
])("a file that is %s is refused with a hint", (_is, make, message, hint) => {
  const path = createPath();
  make(path);
  expect(() => findClientSecret(path)).toThrow(
    expect.objectContaining({ code: "FILE_UNREADABLE", message: `the client secret file ${path} ${message}`, hint }),
  );
});
