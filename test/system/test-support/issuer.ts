import { writeFileSync } from "node:fs";
import type { Server } from "node:https";
import { join } from "node:path";
import type { CertificateFiles } from "./certificates.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { startIssuerFront } from "./issuer-front.ts";
import { findFreePorts } from "./ports.ts";
import type { RunRecord } from "./run-record.ts";

/** The client that kubepass is registered as. */
export const clientId = "kubepass";

/** How long what an issuer gives is good. */
export interface IssuerTimes {
  readonly name: string;
  readonly idTokenSeconds: number;
  /** A session that was not used for so long is over. */
  readonly idleSessionSeconds: number;
}

/** An issuer that runs. */
export interface Issuer {
  readonly url: string;
  stop(): Promise<void>;
}

function formatConfiguration(url: string, ports: { readonly own: number; readonly keystone: number }, times: IssuerTimes): string {
  const keystoneHost = `http://127.0.0.1:${ports.keystone}`;
  const login = { keystoneHost, domain: "default", keystoneUsername: "admin", keystonePassword: "admin" };
  const idle = `${times.idleSessionSeconds}s`;
  // YAML takes JSON.
  return JSON.stringify({
    issuer: url,
    storage: { type: "memory" },
    web: { http: `127.0.0.1:${ports.own}` },
    logger: { level: "info", format: "json" },
    oauth2: { skipApprovalScreen: true, passwordConnector: "keystone" },
    expiry: {
      idTokens: `${times.idTokenSeconds}s`,
      signingKeys: "6h",
      refreshTokens: { disableRotation: false, reuseInterval: "0s", validIfNotUsedFor: idle, absoluteLifetime: "24h" },
    },
    staticClients: [{ id: clientId, name: "kubepass", public: true }],
    connectors: [{ type: "keystone", id: "keystone", name: "Keystone", config: login }],
  });
}

async function stopFront(front: Server): Promise<void> {
  front.closeAllConnections();
  await new Promise((resolve) => front.close(resolve));
}

/** Starts Dex behind a TLS door that counts. */
export async function startIssuer(
  folder: string,
  times: IssuerTimes,
  around: { readonly keystonePort: number; readonly certificate: CertificateFiles; readonly record: RunRecord },
): Promise<Issuer> {
  const [port = 0, behind = 0] = await findFreePorts(2);
  const url = `https://127.0.0.1:${port}/${times.name}`;
  const file = join(folder, `${times.name}.json`);
  writeFileSync(file, formatConfiguration(url, { own: behind, keystone: around.keystonePort }, times));
  const dex: Daemon = await startDaemon({
    name: times.name,
    program: "dex",
    args: ["serve", file],
    isReady: async () => (await fetch(`http://127.0.0.1:${behind}/${times.name}/healthz`)).ok,
  });
  const front = await startIssuerFront({ name: times.name, port, behind }, around.certificate, around.record);
  return {
    url,
    async stop() {
      await stopFront(front);
      await dex.stop();
    },
  };
}
