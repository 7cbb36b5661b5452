import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAuthority } from "@kubepass/network/test-support";
import { createFolder, createPlugin, createTestClientHost, formatAnswer, openPlugin, waitUntil } from "../test-support/client-scene.ts";

const v1 = "client.authentication.k8s.io/v1";
const authority = createAuthority();

/** A plugin script that says where its process is, so that a test can see it end. */
function createObserved(script: string): { readonly command: string; readonly isRunning: () => boolean } {
  const file = join(createFolder(), "pid");
  const { command } = createPlugin(`echo $$ >'${file}'\n${script}`);
  const isRunning = (): boolean => {
    if (!existsSync(file)) return false;
    try {
      const id = Number(readFileSync(file, "utf8"));
      // Of a file that is there and not yet written, 0 would mean ourselves.
      return id > 0 && process.kill(id, 0);
    } catch {
      return false;
    }
  };
  return { command, isRunning };
}

test.each([
  ["nothing", "", "is empty"],
  ["a newline", "\n", "is empty"],
  ["HTML", "<!doctype html><html><body>Sign in</body></html>", "is neither JSON nor YAML"],
  [
    "two documents",
    `${JSON.stringify(formatAnswer({ token: "a" }))}\n${JSON.stringify(formatAnswer({ token: "b" }))}`,
    "is not one JSON document",
  ],
  ["half a document", '{"kind":"ExecCredential","sta', "is not one JSON document"],
  ["broken YAML", "kind: [", "is neither JSON nor YAML"],
  [
    "a YAML bomb",
    "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]",
    "is neither JSON nor YAML",
  ],
  ["another kind", JSON.stringify({ apiVersion: v1, kind: "Status", status: { token: "t" } }), "is not an ExecCredential"],
  [
    "another version",
    JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1beta1", kind: "ExecCredential", status: { token: "t" } }),
    "has apiVersion",
  ],
  ["no version", JSON.stringify({ kind: "ExecCredential", status: { token: "t" } }), "has apiVersion null"],
  ["no status", JSON.stringify({ apiVersion: v1, kind: "ExecCredential" }), "has no status"],
  ["an empty status", JSON.stringify(formatAnswer({})), "has neither a token nor a client certificate"],
  ["a number for a token", JSON.stringify(formatAnswer({ token: 7 })), "is not a string"],
  ["a certificate without its key", JSON.stringify(formatAnswer({ clientCertificateData: "pem" })), "without the other"],
  ["a certificate that is none", JSON.stringify(formatAnswer({ clientCertificateData: "pem", clientKeyData: "pem" })), "is not PEM"],
  ["a wrong timestamp", JSON.stringify(formatAnswer({ token: "t", expirationTimestamp: "tomorrow" })), "is not RFC 3339"],
  ["an empty timestamp", JSON.stringify(formatAnswer({ token: "t", expirationTimestamp: "" })), "is not RFC 3339"],
])("a plugin that prints %s is refused", async (_, text, reason) => {
  const plugin = createPlugin();
  plugin.answer(text);
  await expect(openPlugin(plugin.command).get()).rejects.toMatchObject({
    code: "CREDENTIAL_INVALID",
    message: expect.stringContaining(reason),
  });
});

test("a key that does not belong to the certificate is refused, and what was kept stays", async () => {
  const trusted = await authority;
  const [one, other] = [await trusted.issue(), await trusted.issue()];
  const script = createPlugin();
  const host = createTestClientHost();
  const plugin = openPlugin(script.command, {}, host);
  script.answer(formatAnswer({ token: "good", expirationTimestamp: "2030-01-01T00:10:00Z" }));
  await plugin.get();
  host.advance(700_000);
  script.answer(
    formatAnswer({
      clientCertificateData: one.certificatePem,
      clientKeyData: other.privateKeyPem,
      expirationTimestamp: "2031-01-01T00:00:00Z",
    }),
  );
  for (const _ of [1, 2]) {
    await expect(plugin.get()).rejects.toMatchObject({ code: "CREDENTIAL_INVALID", message: expect.stringContaining("does not belong") });
  }
  expect(script.runs()).toHaveLength(3);
});

test("YAML is read as client-go reads it: the first document, and more of them are passed over", async () => {
  const plugin = createPlugin();
  plugin.answer(
    `---\napiVersion: ${v1}\nkind: ExecCredential\nstatus:\n  token: from-yaml\n  expirationTimestamp: "2031-01-01T00:00:00Z"\n---\nkind: Other\n`,
  );
  const { token, expiresAt } = await openPlugin(plugin.command).get();
  expect(token?.reveal()).toBe("from-yaml");
  expect(expiresAt?.toISOString()).toBe("2031-01-01T00:00:00.000Z");
});

test("a plugin that prints without end is stopped", async () => {
  const { command, isRunning } = createObserved("exec cat /dev/zero");
  await expect(openPlugin(command).get()).rejects.toMatchObject({
    code: "CREDENTIAL_INVALID",
    message: expect.stringContaining("longer than"),
  });
  expect(isRunning()).toBe(false);
});

test("a plugin that never ends is stopped after the time that was set", async () => {
  const { command, isRunning } = createObserved("exec sleep 600");
  await expect(openPlugin(command, { timeoutMs: 300 }).get()).rejects.toMatchObject({ code: "PLUGIN_FAILED", retryable: true });
  expect(isRunning()).toBe(false);
});

test.each([
  ["stopped", "exec sleep 600"],
  ["killed when they do not want to end", "trap '' TERM\nwhile true; do sleep 0.05; done"],
])("programs that a plugin has started are %s", async (_, script) => {
  const child = createObserved(script);
  const parent = createPlugin(`'${child.command}' & while true; do sleep 0.05; done`);
  const controller = new AbortController();
  const waiting = openPlugin(parent.command).get(controller.signal);
  await waitUntil(() => child.isRunning());
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await waitUntil(() => !child.isRunning());
});

test("a plugin that does not want to end is killed", async () => {
  const { command, isRunning } = createObserved("trap '' TERM\nwhile true; do sleep 0.05; done");
  await expect(openPlugin(command, { timeoutMs: 300 }).get()).rejects.toMatchObject({ code: "PLUGIN_FAILED" });
  expect(isRunning()).toBe(false);
});

test("a plugin that nobody waits for any more is stopped, and the one who waited gets his reason", async () => {
  const started = join(createFolder(), "started");
  const { command, isRunning } = createObserved(`touch '${started}'; exec sleep 600`);
  const controller = new AbortController();
  const waiting = openPlugin(command).get(controller.signal);
  await waitUntil(() => existsSync(started));
  controller.abort(new Error("changed my mind"));
  await expect(waiting).rejects.toThrow("changed my mind");
  await waitUntil(() => !isRunning());
  expect(isRunning()).toBe(false);
});

test("one of two who wait may go, and the other gets the credential", async () => {
  const go = join(createFolder(), "go");
  const answer = JSON.stringify(formatAnswer({ token: "t" }));
  const { command } = createPlugin(`while [ ! -e '${go}' ]; do sleep 0.05; done; printf '%s' '${answer}'`);
  const plugin = openPlugin(command);
  const controller = new AbortController();
  const [leaving, staying] = [plugin.get(controller.signal), plugin.get()];
  controller.abort(new Error("bye"));
  await expect(leaving).rejects.toThrow("bye");
  writeFileSync(go, "");
  expect((await staying).token?.reveal()).toBe("t");
});

test("a plugin that writes to standard error for ever is stopped after the time that was set", async () => {
  const { command, isRunning } = createObserved("exec cat /dev/zero >&2");
  await expect(openPlugin(command, { timeoutMs: 300, isErrorOutputKept: true }).get()).rejects.toMatchObject({ code: "PLUGIN_FAILED" });
  expect(isRunning()).toBe(false);
});
