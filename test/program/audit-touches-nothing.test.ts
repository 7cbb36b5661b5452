import { execFile, execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));

let folder: string;
let server: Server;
let connections: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-audit-"));
  connections = 0;
  server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function findOrigin(scheme: string): string {
  const address = server.address();
  return `${scheme}://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

/** A pipe that nobody writes to: whoever opens it to read waits for ever. */
function createPipe(name: string): string {
  const path = join(folder, name);
  execFileSync("mkfifo", [path]);
  return path;
}

/** A program that leaves a trace. */
function createProgram(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\ntouch '${path}.ran'\n`);
  chmodSync(path, 0o755);
  return path;
}

function writeKubeconfig(): string {
  const exec = { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never", args: ["$(touch traced)"] };
  const provider = {
    "cmd-path": createProgram("provider"),
    "idp-issuer-url": findOrigin("http"),
    "idp-certificate-authority": createPipe("issuer-ca"),
    "refresh-token": "r",
  };
  const users = [
    { name: "absolute", user: { exec: { ...exec, command: createProgram("absolute") } } },
    { name: "relative", user: { exec: { ...exec, command: "./relative" } } },
    { name: "named", user: { exec: { ...exec, command: "named" } } },
    { name: "files", user: { tokenFile: createPipe("token"), "client-certificate": createPipe("crt"), "client-key": createPipe("key") } },
    { name: "oidc", user: { "auth-provider": { name: "oidc", config: provider } } },
  ];
  for (const name of ["relative", "named"]) createProgram(name);
  const cluster = { server: findOrigin("https"), "certificate-authority": createPipe("ca"), "proxy-url": findOrigin("http") };
  const contexts = users.map(({ name }) => ({ name, context: { cluster: "c", user: name } }));
  const path = join(folder, "config");
  writeFileSync(path, JSON.stringify({ clusters: [{ name: "c", cluster }], users, contexts, "current-context": "absolute" }), {
    mode: 0o600,
  });
  return path;
}

/** What the program printed; it is killed when it waits for something. */
async function run(argv: readonly string[]): Promise<string> {
  const command = ["--conditions=@kubepass/source", "--import", import.meta.resolve("tsx"), program, ...argv];
  const env = { PATH: `${folder}:${process.env["PATH"]}`, HOME: folder, KUBERC: join(folder, "kuberc") };
  return await new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: folder, env, timeout: 60_000, killSignal: "SIGKILL" }, (_error, stdout) => resolve(stdout));
  });
}

test.skipIf(process.platform === "win32").each([
  ["audit", ["kubeconfig", "audit"], "SENDS"],
  ["audit that writes the allowlist", ["kubeconfig", "audit", "--write-allowlist"], "SENDS"],
  ["view", ["kubeconfig", "view"], "KubeconfigView"],
])("%s reads, runs and reaches nothing that the kubeconfig names", async (_, argv, wanted) => {
  const stdout = await run([...argv, `--kubeconfig=${writeKubeconfig()}`, "--output=json"]);
  expect(stdout).toContain(wanted);
  expect(["absolute.ran", "relative.ran", "named.ran", "provider.ran", "traced"].filter((name) => existsSync(join(folder, name)))).toEqual(
    [],
  );
  expect(connections).toBe(0);
});
