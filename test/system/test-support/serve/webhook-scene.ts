import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIssuer, type Issuer, type IssuerOptions } from "@kubepass/testkit";
import { inject } from "vitest";
import { startEtcd, startKubeApiServer } from "../api-server.ts";
import { type Authority, createAuthority } from "../certificates.ts";
import type { Cluster } from "../cluster.ts";
import { type Daemon, startDaemon } from "../daemon.ts";
import { clientId } from "../issuer.ts";
import { findFreePorts } from "../ports.ts";
import { getProgram } from "../programs.ts";
import { type Outcome, start } from "../run.ts";
import { askOperations } from "./ask-operations.ts";

/** Whom API servers ask: our server, with what belongs to it. */
export interface WebhookScene {
  readonly cluster: Cluster;
  readonly folder: string;
  /** Of the test kit; trusted by the server beside Dex. */
  readonly issuer: Issuer;
  readonly authority: Authority;
  /** The file of `serve init` for kube-apiserver. */
  readonly kubeconfig: string;
  readonly serveConfig: string;
  readonly tokenFile: string;
  readonly authenticationFile: string;
  readonly operationsPort: number;
  startServe(): Promise<Daemon>;
  /** API servers by how they authenticate, on one store. */
  startApiServers(): Promise<ApiServers>;
  close(): Promise<void>;
}

/** Three API servers: two that ask our server, and one that is given the same configuration itself. */
export interface ApiServers {
  readonly v1: string;
  readonly v1beta1: string;
  readonly direct: string;
}

/** A static token of the scene, and whose it is. */
export const staticToken = "static-token-of-the-system-test-0001";

/** Somebody whom no authenticator may tell to be an administrator. */
export const reservedToken = "static-token-of-the-system-test-0002";

/** The AuthenticationConfiguration of the scene: both issuers, with prefixes of their own. */
export function formatIssuers(issuer: Issuer, cluster: Cluster, userClaim: "sub" | "email" = "email"): string {
  const dexAuthority = readFileSync(cluster.issuerAuthorityFile, "utf8");
  const claimMappings = (prefix: string, claim: string) => ({
    username: { claim, prefix },
    groups: { claim: "groups", prefix },
    uid: { claim: "sub" },
  });
  return JSON.stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt: [
      {
        issuer: { url: issuer.url, audiences: [issuer.clients.native.clientId], certificateAuthority: issuer.authority?.certificatePem },
        claimMappings: claimMappings("kit:", userClaim),
      },
      {
        issuer: { url: cluster.issuer, audiences: [clientId], certificateAuthority: dexAuthority },
        claimMappings: claimMappings("dex:", "email"),
      },
    ],
    anonymous: { enabled: true, conditions: [{ path: "/readyz" }] },
  });
}

function prepareFolder(cluster: Cluster, issuer: Issuer, ports: { readonly own: number; readonly operations: number }): string {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-serve-"));
  const args = ["serve", "init", `--folder=${folder}`, `--address=127.0.0.1:${ports.own}`];
  execFileSync(cluster.program, args, { env: { HOME: folder }, stdio: ["ignore", "ignore", "inherit"] });
  const path = join(folder, "serve.yaml");
  const text = readFileSync(path, "utf8").replace("127.0.0.1:8080", `127.0.0.1:${ports.operations}`);
  writeFileSync(path, `${text}  - jwt:\n      configFile: authentication.json\n`);
  writeFileSync(join(folder, "authentication.json"), formatIssuers(issuer, cluster));
  writeFileSync(join(folder, "tokens.csv"), `${staticToken},stan,77,"ops,dev"\n${reservedToken},mallory,78,system:masters\n`);
  return folder;
}

interface Stoppable {
  stop(): Promise<void>;
}

type ApiServerFiles = Pick<WebhookScene, "folder" | "authority" | "kubeconfig" | "authenticationFile" | "tokenFile">;

async function startApiServers(files: ApiServerFiles, running: Stoppable[]): Promise<ApiServers> {
  const { folder, authority, kubeconfig, authenticationFile, tokenFile } = files;
  const etcd = await startEtcd(folder);
  const begin = async (name: string, authentication: readonly string[]): Promise<string> => {
    // Each with keys of its own.
    const home = join(folder, name);
    mkdirSync(home);
    const place = { name: `kube-apiserver-${name}`, folder: home, etcdUrl: etcd.url, authority, authentication };
    const daemon = await startKubeApiServer(place);
    running.push(daemon);
    return daemon.url;
  };
  // No cache of theirs: each question must reach us.
  const ask = (version: string): readonly string[] => [
    `--authentication-token-webhook-config-file=${kubeconfig}`,
    `--authentication-token-webhook-version=${version}`,
    "--authentication-token-webhook-cache-ttl=0s",
  ];
  const v1 = await begin("v1", ask("v1"));
  const [v1beta1, direct] = await Promise.all([
    begin("v1beta1", ask("v1beta1")),
    begin("direct", [`--authentication-config=${authenticationFile}`, `--token-auth-file=${tokenFile}`]),
  ]);
  running.push(etcd);
  return { v1, v1beta1, direct };
}

/** Prepares everything but starts only the issuer. */
export async function createWebhookScene(options: IssuerOptions = {}): Promise<WebhookScene> {
  const cluster = inject("cluster");
  const issuer = await createIssuer(options);
  const [own = 0, operations = 0] = await findFreePorts(2);
  const folder = prepareFolder(cluster, issuer, { own, operations });
  const authority = createAuthority(folder, "webhook-cluster");
  const [kubeconfig, serveConfig, tokenFile, authenticationFile] = ["webhook.yaml", "serve.yaml", "tokens.csv", "authentication.json"].map(
    (name) => join(folder, name),
  ) as [string, string, string, string];
  const running: Stoppable[] = [];
  let serveCount = 0;
  const isReady = async (): Promise<boolean> => (await askOperations(operations, "/readyz")).status === 200;
  return {
    cluster,
    folder,
    issuer,
    authority,
    kubeconfig,
    serveConfig,
    tokenFile,
    authenticationFile,
    operationsPort: operations,
    async startServe() {
      serveCount += 1;
      const daemon = await startDaemon({
        name: `serve-${serveCount}`,
        program: cluster.program,
        args: ["serve", `--config=${serveConfig}`],
        isReady,
      });
      running.push(daemon);
      return daemon;
    },
    startApiServers: async () => await startApiServers({ folder, authority, kubeconfig, authenticationFile, tokenFile }, running),
    async close() {
      for (const daemon of running) await daemon.stop();
      await issuer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `kubectl auth whoami` with a token. */
export async function whoami(scene: WebhookScene, server: string, token: string): Promise<Outcome> {
  const args = [
    `--server=${server}`,
    `--certificate-authority=${scene.authority.certificate}`,
    `--token=${token}`,
    "auth",
    "whoami",
    "-o",
    "json",
  ];
  return await start(getProgram("kubectl"), args, { environment: { HOME: scene.folder, KUBECONFIG: "/dev/null" }, folder: scene.folder })
    .ended;
}
