import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFakeHost, type FakeHost, type FakeHostOptions } from "@kubepass/plugin-sdk/testing";
import { createLatePipe } from "@kubepass/testkit";
import { expect, onTestFinished, test } from "vitest";
import { cleanVariables, readSecret } from "./read-secret.ts";

function createHost(options: FakeHostOptions = {}): FakeHost {
  const host = createFakeHost({ variables: { PATH: "/usr/local/bin:/usr/bin:/bin" }, ...options });
  onTestFinished(() => host.remove());
  return host;
}

function command(...args: readonly string[]): { kind: "command"; program: string; args: readonly string[] } {
  return { kind: "command", program: "/bin/sh", args: ["-c", ...args] };
}

const { signal } = new AbortController();

test("a secret in a file comes without the newline of the editor, and the home folder may be written as ~", async () => {
  const host = createHost();
  writeFileSync(join(host.directories.home, "secret"), "s3cret \r\n", { mode: 0o600 });
  const secret = await readSecret("client secret", { kind: "file", path: "~/secret" }, host, signal);
  expect(secret.reveal()).toBe("s3cret ");
  expect(host.output()).toBe("");
});

test("a secret in a file that everybody can read is used, with a warning", async () => {
  const host = createHost();
  const path = join(host.root, "secret");
  writeFileSync(path, "s3cret");
  chmodSync(path, 0o644);
  await readSecret("client secret", { kind: "file", path }, host, signal);
  expect(host.output()).toContain("chmod 600");
  expect(host.output()).not.toContain("s3cret");
});

test.each<readonly [string, (path: string) => void, string]>([
  ["missing", () => {}, "cannot be read (ENOENT)"],
  ["empty", (path) => writeFileSync(path, " \n"), "is empty"],
  ["huge", (path) => writeFileSync(path, "x".repeat(1024 * 1024 + 1)), "is larger than 1048576 bytes"],
  ["a folder", (path) => mkdirSync(path), "cannot be read (EISDIR)"],
  ["a pipe that nobody writes to", (path) => onTestFinished(createLatePipe(path)), "is not a regular file"],
  ["a device without end", (path) => symlinkSync("/dev/zero", path), "is not a regular file"],
])("a file that is %s is named, with what to do", async (_what, make, message) => {
  const host = createHost();
  const path = join(host.root, "secret");
  make(path);
  await expect(readSecret("client secret", { kind: "file", path }, host, signal)).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    message: `the client secret file ${path} ${message}`,
    hint: expect.stringMatching(/./),
  });
});

test("a command's standard output is the secret, and it runs without a shell of ours", async () => {
  const host = createHost();
  const source = { kind: "command", program: "/bin/echo", args: ["$HOME;`id`"] } as const;
  expect((await readSecret("client secret", source, host, signal)).reveal()).toBe("$HOME;`id`");
});

test("a command sees the person's environment, but nothing of ours and nothing of kubectl's", async () => {
  const variables = {
    PATH: "/usr/bin:/bin",
    VAULT_ADDR: "https://vault",
    KUBEPASS_OIDC_CLIENT_SECRET: "s3cret",
    KUBERNETES_EXEC_INFO: "{}",
    NONE: undefined,
  };
  expect(cleanVariables(variables)).toEqual({ PATH: "/usr/bin:/bin", VAULT_ADDR: "https://vault" });
  const secret = await readSecret("client secret", command("env"), createHost({ variables }), signal);
  expect(secret.reveal()).toContain("VAULT_ADDR");
  expect(secret.reveal()).not.toContain("s3cret");
});

test("a command does not inherit what was chosen for our core dumps", async () => {
  const host = createHost();
  const started: unknown[] = [];
  const startUnchanged: FakeHost["startUnchanged"] = (start) => {
    const child = start();
    started.push(child);
    return child;
  };
  await readSecret("client secret", { kind: "command", program: "/bin/echo", args: ["x"] }, { ...host, startUnchanged }, signal);
  expect(started).toMatchObject([{ spawnfile: "/bin/echo" }]);
});

test.each([
  ["fails", command("echo s3cret; echo s3cret >&2; exit 3"), "ended with status 3"],
  ["dies", command("kill -9 $$"), "ended with a signal"],
  ["prints nothing", command("true"), "printed nothing"],
  ["prints without end", command("yes"), "printed more than"],
  ["does not exist", { kind: "command", program: "/nowhere/secret", args: [] } as const, "cannot be run (ENOENT)"],
])("a command that %s is named, without what it printed", async (_what, source, message) => {
  const host = createHost();
  const reading = readSecret("client secret", source, host, signal);
  await expect(reading).rejects.toMatchObject({ code: "SECRET_COMMAND_FAILED", message: expect.stringContaining(message) });
  await expect(reading).rejects.not.toMatchObject({ message: expect.stringContaining("s3cret") });
  expect(host.output()).not.toContain("s3cret");
});

test("Ctrl-C ends a command that waits", async () => {
  const host = createHost();
  const reading = readSecret("client secret", { kind: "command", program: "/bin/sleep", args: ["60"] }, host, host.signal);
  host.interrupt();
  await expect(reading).rejects.toMatchObject({ code: "INTERRUPTED" });
});

test("standard input is read as one line, and an empty one is refused", async () => {
  const host = createHost({ canRead: false, answers: ["s3cret", ""] });
  expect((await readSecret("client secret", { kind: "stdin" }, host, signal)).reveal()).toBe("s3cret");
  await expect(readSecret("client secret", { kind: "stdin" }, host, signal)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  expect(host.output()).toBe("");
});
