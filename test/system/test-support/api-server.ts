import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { type Authority, createSigningKey } from "./certificates.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { clientId } from "./issuer.ts";
import { findFreePorts } from "./ports.ts";

/** kube-apiserver with its etcd. */
export interface ApiServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** An etcd of its own, with its files in the folder. */
export async function startEtcd(folder: string): Promise<Daemon & { readonly url: string }> {
  const [port = 0, peerPort = 0] = await findFreePorts(2);
  const [url, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const data = join(folder, "etcd");
  mkdirSync(data, { mode: 0o700 });
  const clients = [`--listen-client-urls=${url}`, `--advertise-client-urls=${url}`];
  const members = [`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`];
  const args = [`--data-dir=${data}`, "--unsafe-no-fsync", "--log-level=warn", ...clients, ...members];
  const daemon = await startDaemon({ name: "etcd", program: "etcd", args, isReady: async () => (await fetch(`${url}/readyz`)).ok });
  return { ...daemon, url };
}

function formatAuthentication(issuers: readonly { readonly url: string }[], authorityFile: string): string {
  const certificateAuthority = readFileSync(authorityFile, "utf8");
  const claimMappings = { username: { claim: "email", prefix: "" }, groups: { claim: "groups", prefix: "" }, uid: { claim: "sub" } };
  return JSON.stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt: issuers.map(({ url }) => ({ issuer: { url, audiences: [clientId], certificateAuthority }, claimMappings })),
    anonymous: { enabled: true, conditions: [{ path: "/readyz" }] },
  });
}

async function isReady(url: string, authority: string): Promise<boolean> {
  const text = await new Promise<string>((resolve, reject) => {
    get(`${url}/readyz`, { ca: authority, agent: false }, (response) => {
      response.setEncoding("utf8");
      let body = "";
      response.on("data", (chunk: string) => (body += chunk));
      response.once("end", () => resolve(body));
    }).once("error", reject);
  });
  return text === "ok";
}

/** How one kube-apiserver is started. */
export interface ApiServerPlace {
  readonly name: string;
  readonly folder: string;
  readonly etcdUrl: string;
  readonly authority: Authority;
  /** Where it listens; any free port when it is not given. */
  readonly port?: number | undefined;
  /** The flags that say how callers are authenticated. */
  readonly authentication: readonly string[];
}

/** Starts kube-apiserver alone, on a store that runs already. */
export async function startKubeApiServer(place: ApiServerPlace): Promise<Daemon & { readonly url: string }> {
  const { name, folder, etcdUrl, authority, authentication } = place;
  const port = place.port ?? (await findFreePorts(1))[0] ?? 0;
  const url = `https://127.0.0.1:${port}`;
  const server = authority.issueServer(name);
  const accounts = createSigningKey(folder);
  const authorityPem = readFileSync(authority.certificate, "utf8");
  const daemon = await startDaemon({
    name,
    program: "kube-apiserver",
    args: [
      `--etcd-servers=${etcdUrl}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      `--tls-cert-file=${server.certificate}`,
      `--tls-private-key-file=${server.key}`,
      `--client-ca-file=${authority.certificate}`,
      "--authorization-mode=RBAC",
      ...authentication,
      `--service-account-issuer=${url}`,
      `--service-account-key-file=${accounts.publicKey}`,
      `--service-account-signing-key-file=${accounts.privateKey}`,
      "--service-cluster-ip-range=10.0.0.0/24",
      "--endpoint-reconciler-type=none",
      "--disable-admission-plugins=ServiceAccount",
      // As many at once as a test sends: it must not have to tell an overload (429) from a refusal.
      "--max-requests-inflight=2000",
    ],
    isReady: async () => await isReady(url, authorityPem),
  });
  return { ...daemon, url };
}

/** Starts both. The issuers must run already: kube-apiserver reads their documents at its start. */
export async function startApiServer(
  folder: string,
  authority: Authority,
  trusted: { readonly issuers: readonly { readonly url: string }[]; readonly authorityFile: string },
): Promise<ApiServer> {
  const etcd = await startEtcd(folder);
  const file = join(folder, "authentication.json");
  writeFileSync(file, formatAuthentication(trusted.issuers, trusted.authorityFile));
  const authentication = [`--authentication-config=${file}`];
  const daemon = await startKubeApiServer({ name: "kube-apiserver", folder, etcdUrl: etcd.url, authority, authentication });
  return {
    url: daemon.url,
    async stop() {
      await daemon.stop();
      await etcd.stop();
    },
  };
}
