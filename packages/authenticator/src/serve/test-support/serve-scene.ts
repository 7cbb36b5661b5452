import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSetup } from "../../init/write-setup.ts";
import { type RunningServer, startServer } from "../serve.ts";
import type { ServeHost } from "../serve-host.ts";

/** What somebody says to the server beside the body. */
export interface AskOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isWithoutCertificate?: boolean;
}

/** An answer of the server. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: ReturnType<typeof JSON.parse>;
}

/** The folder of `serve init`, with a server on it that can be changed and asked. */
export interface ServeScene extends AsyncDisposable {
  readonly folder: string;
  readonly server: RunningServer;
  readonly decisions: string[];
  readonly warnings: { readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[];
  ask(body: string, options?: AskOptions): Promise<Answer>;
  review(token: string): Promise<Answer>;
  operations(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Replaces a file at once, as one should. */
  replace(name: string, text: string): void;
  read(name: string): string;
}

/** A host that remembers what it was told. */
export function createTestHost(warnings: ServeScene["warnings"]): ServeHost {
  return {
    environment: { variables: {}, platform: "linux" },
    clock: { now: () => new Date(), sleep: async () => {} },
    log: { warn: (message, fields = {}) => void warnings.push({ message, fields }), info: () => {}, debug: () => {} },
    signal: new AbortController().signal,
  };
}

function askOperations(port: number, path: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    }).once("error", reject);
  });
}

function findInKubeconfig(folder: string, key: string): string {
  const data = new RegExp(`${key}: (\\S+)`).exec(readFileSync(join(folder, "webhook.yaml"), "utf8"))?.[1] ?? "";
  return Buffer.from(data, "base64").toString();
}

function ask(port: number, folder: string, body: string, options: AskOptions): Promise<Answer> {
  const { method = "POST", path = "/authenticate?timeout=30s", headers = {}, isWithoutCertificate = false } = options;
  const own = isWithoutCertificate
    ? {}
    : { cert: findInKubeconfig(folder, "client-certificate-data"), key: findInKubeconfig(folder, "client-key-data") };
  const ca = findInKubeconfig(folder, "certificate-authority-data");
  const all = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)), ...headers };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, method, headers: all, ca, ...own, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: JSON.parse(text) }));
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

/** Sets up a folder as `serve init` does, lets a test change it, and serves it. */
export async function openServeScene(change: (text: string, folder: string) => string = (text) => text): Promise<ServeScene> {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-serve-"));
  await writeSetup({ folder: join(folder), address: "127.0.0.1:0", hosts: ["127.0.0.1", "::1", "localhost"], now: new Date() });
  const configFile = join(folder, "serve.yaml");
  writeFileSync(join(folder, "tokens.csv"), 'token-of-anna,anna,1,"dev,ops"\ntoken-of-root,root,2,system:masters\n');
  writeFileSync(configFile, change(readFileSync(configFile, "utf8").replace("127.0.0.1:8080", "127.0.0.1:0"), folder));
  const records = { decisions: [] as string[], warnings: [] as ServeScene["warnings"] };
  const writeDecision = (text: string): void => void records.decisions.push(...text.trimEnd().split("\n"));
  const server = await startServer({ configFile, writeDecision }, createTestHost(records.warnings));
  return {
    ...records,
    folder,
    server,
    ask: async (body, options = {}) => await ask(server.port, folder, body, options),
    review: async (token) =>
      await ask(server.port, folder, JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } }), {}),
    operations: async (path) => await askOperations(server.operationsPort, path),
    replace(name, text) {
      writeFileSync(join(folder, `${name}.new`), text);
      renameSync(join(folder, `${name}.new`), join(folder, name));
    },
    read: (name) => readFileSync(join(folder, name), "utf8"),
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
