import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClientHost, Cluster, ClusterAccess, type ClusterOptions, createClientHost, loadConfig } from "@kubepass/kubeconfig";
import { isJsonObject } from "@kubepass/wire";
import { replaceFile } from "./replace-file.ts";

/** An API server, and who vouches for it. */
export interface ServerPlace {
  readonly server: string;
  readonly authorityFile: string;
}

/** A program of a test that speaks to API servers, with a folder and a clock of its own. */
export interface ClusterClient {
  readonly folder: string;
  readonly kubeconfig: string;
  /** Writes a kubeconfig with this user, and opens its cluster. */
  open(place: ServerPlace, user: object, options?: ClusterOptions): Cluster;
  /** Opens what the kubeconfig says by now, as another program would. */
  openAnew(options?: ClusterOptions): Cluster;
  /** Puts the client's clock forward; servers keep theirs. */
  advance(durationMs: number): void;
  close(): void;
}

/** A new client. Whoever makes it closes it. */
export function createClusterClient(): ClusterClient {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-client-"));
  const kubeconfig = join(folder, "kubeconfig");
  const accesses: ClusterAccess[] = [];
  let offsetMs = 0;
  const begin = (): ClusterAccess => {
    const real = createClientHost(process, { log: { warn: () => undefined, debug: () => undefined } });
    const clock = { ...real.clock, now: () => new Date(Date.now() + offsetMs) };
    const host: ClientHost = { ...real, clock, isInputTerminal: () => false };
    const access = new ClusterAccess(host);
    accesses.push(access);
    return access;
  };
  const load = (access: ClusterAccess, options: ClusterOptions): Cluster =>
    new Cluster(loadConfig({ variables: {}, platform: process.platform }, { path: kubeconfig }), access, options);
  const shared = begin();
  return {
    folder,
    kubeconfig,
    open({ server, authorityFile }, user, options = {}) {
      const document = {
        clusters: [{ name: "c", cluster: { server, "certificate-authority": authorityFile } }],
        users: [{ name: "u", user }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
        "current-context": "x",
      };
      writeFileSync(kubeconfig, JSON.stringify(document));
      return load(shared, options);
    },
    openAnew: (options = {}) => load(begin(), options),
    advance: (durationMs) => void (offsetMs += durationMs),
    close() {
      for (const access of accesses) access.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whom the API server takes the client for; the status where it takes it for nobody. */
export async function nameOf(cluster: Cluster): Promise<string> {
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const response = await cluster.fetch("/apis/authentication.k8s.io/v1/selfsubjectreviews", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(review),
  });
  const value: unknown = await response.json();
  const status = isJsonObject(value) ? value["status"] : undefined;
  const user = isJsonObject(status) ? status["userInfo"] : undefined;
  return isJsonObject(user) && typeof user["username"] === "string" ? user["username"] : `status ${response.status}`;
}

/** What a plugin of {@link writePlugin} answers with. */
export interface PluginStatus {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
  readonly expirationTimestamp?: Date | undefined;
}

/** A plugin that prints what it was told last, and notes each run. */
export interface ScriptedPlugin {
  readonly user: object;
  answer(status: PluginStatus): void;
  runs(): number;
}

/** Writes the plugin into a folder. */
export function writePlugin(folder: string): ScriptedPlugin {
  const [command, answer, runs] = [join(folder, "plugin"), join(folder, "answer"), join(folder, "runs")];
  writeFileSync(command, `#!/bin/sh\necho run >>'${runs}'\ncat '${answer}'\n`);
  chmodSync(command, 0o755);
  const apiVersion = "client.authentication.k8s.io/v1";
  return {
    user: { exec: { apiVersion, command, interactiveMode: "Never" } },
    answer: (status) => replaceFile(answer, JSON.stringify({ apiVersion, kind: "ExecCredential", status })),
    runs: () => (existsSync(runs) ? readFileSync(runs, "utf8").split("\n").length - 1 : 0),
  };
}
