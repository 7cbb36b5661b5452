import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

/** One run of the plugin. */
export interface PluginRun {
  readonly child: ChildProcess;
  readonly processId: number;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** What was said on standard error so far. */
  stderr(): string;
}

/** The test's issuer: hands out numbered tokens and sessions; a session can be used once. */
export interface CountingIssuer {
  readonly url: string;
  signIns: number;
  refreshes: number;
  /** The one session that can be used. */
  session(): string;
  /** Ends the session, as if nobody had ever signed in. */
  forget(): void;
  /** Life of the tokens in seconds. */
  lifeSeconds: number;
  /** Called before an answer is sent, with the process that asked; the answer waits for it. */
  beforeAnswer: (processId: number, path: string) => Promise<void> | void;
  close(): void;
}

/** Bundles the plugin once, so that its processes start fast. */
export async function buildPlugin(folder: string): Promise<string> {
  return await bundle("crashing-plugin.ts", folder);
}

/** Bundles a file of this folder into another folder. The path of the result. */
export async function bundle(name: string, folder: string): Promise<string> {
  const outfile = join(folder, name.replace(/\.ts$/, ".mjs"));
  await build({
    entryPoints: [join(import.meta.dirname, name)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@kubepass/source"],
    external: ["@napi-rs/keyring"],
    // For packages that are CommonJS and load parts of Node.
    banner: {
      js: 'import { createRequire as createRequireOfNode } from "node:module"; const require = createRequireOfNode(import.meta.url);',
    },
    logLevel: "error",
  });
  return outfile;
}

/** A folder for one user of the test. */
export function makeUserFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "kubepass-program-"));
  mkdirSync(join(path, "home"), { mode: 0o700 });
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts the plugin as a GUI would: no terminal, a small environment. */
export function startPlugin(
  plugin: string,
  folder: string,
  issuer: CountingIssuer,
  variables: Readonly<Record<string, string>> = {},
  nodeArguments: readonly string[] = [],
  words: readonly string[] = [],
): PluginRun {
  const env = {
    HOME: join(folder, "home"),
    PATH: "/usr/bin:/bin",
    DISPLAY: ":0",
    CRASHING_PLUGIN_RUNTIME_DIR: join(folder, "runtime"),
    TEST_ISSUER: issuer.url,
    ...variables,
  };
  const child = spawn(process.execPath, [...nodeArguments, plugin, ...words], { env, stdio: ["ignore", "pipe", "pipe"] });
  const chunks = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (chunks.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (chunks.stderr += chunk.toString()));
  const ended = once(child, "close").then(() => ({ code: child.exitCode, ...chunks }));
  return { child, processId: child.pid ?? 0, ended, stderr: () => chunks.stderr };
}

/** Starts a {@link CountingIssuer} on loopback. */
export async function startIssuer(): Promise<CountingIssuer> {
  let current = "";
  const issuer = {
    url: "",
    signIns: 0,
    refreshes: 0,
    session: () => current,
    forget: () => void (current = ""),
    lifeSeconds: 3600,
    beforeAnswer: (): Promise<void> | void => {},
    close: () => void server.close(),
  } satisfies CountingIssuer;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://issuer");
    if (url.pathname === "/refresh" && url.searchParams.get("session") !== current) {
      response.writeHead(400).end();
      return;
    }
    const serial = url.pathname === "/refresh" ? `refreshed-${(issuer.refreshes += 1)}` : `signed-${(issuer.signIns += 1)}`;
    const session = `session-${serial}`;
    // The old session ends the moment the new one is made, as with issuers that forbid reuse.
    current = session;
    const expiresAt = new Date(Date.now() + issuer.lifeSeconds * 1000).toISOString();
    await (issuer as CountingIssuer).beforeAnswer(Number(request.headers["x-process"]), url.pathname);
    response.end(JSON.stringify({ token: `token-${serial}`, session, expiresAt }));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  issuer.url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  return issuer;
}
