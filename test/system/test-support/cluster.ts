import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { startApiServer } from "./api-server.ts";
import { type CertificateFiles, createAuthority, issueClient } from "./certificates.ts";
import { startIssuer } from "./issuer.ts";
import { startKeystone } from "./keystone.ts";
import { artefacts, root } from "./places.ts";
import { findFreePorts } from "./ports.ts";
import { getProgram } from "./programs.ts";
import { openRunRecord } from "./run-record.ts";

/** What tests need to know of everything that runs; plain text, because it goes from one process to another. */
export interface Cluster {
  /** Files of the run; gone afterwards. */
  readonly folder: string;
  readonly server: string;
  readonly authorityFile: string;
  /** Signs client certificates that the API server takes. */
  readonly authority: CertificateFiles;
  readonly administrator: CertificateFiles;
  /** Trusted by nobody but who is told. */
  readonly issuerAuthorityFile: string;
  /** Its ID tokens live for an hour. */
  readonly issuer: string;
  /** Its ID tokens live for {@link briefSeconds}, its unused sessions for twice as long. */
  readonly briefIssuer: string;
  /** The executable, copied, so that a build meanwhile does not pull it from under the tests. */
  readonly program: string;
}

/** How long an ID token of the brief issuer is good. */
export const briefSeconds = 10;

/** What is tested is what the checkout says now, and under the name by which kubectl finds its plugins as well. */
function buildProgram(): string {
  execFileSync(getProgram("npm"), ["run", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  mkdirSync(join(artefacts, "bin"), { recursive: true });
  const program = join(artefacts, "bin", "kubepass");
  copyFileSync(join(root, "dist", "kubepass"), program);
  symlinkSync("kubepass", join(artefacts, "bin", "kubectl-pass"));
  return program;
}

function allowReading(cluster: Cluster): void {
  const { certificate, key } = cluster.administrator;
  const access = [`--server=${cluster.server}`, `--certificate-authority=${cluster.authorityFile}`];
  const admin = (...args: readonly string[]): void => {
    const all = [...access, `--client-certificate=${certificate}`, `--client-key=${key}`, ...args];
    execFileSync(getProgram("kubectl"), all, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { HOME: cluster.folder, KUBECONFIG: "/dev/null" },
    });
  };
  // Nobody fills the usual roles where no controller manager runs.
  admin("create", "clusterrole", "reader", "--verb=get,list", "--resource=namespaces,pods");
  admin("create", "clusterrolebinding", "readers", "--clusterrole=reader", "--group=developers");
  admin("create", "serviceaccount", "robot");
}

/** Starts the issuers, then the API server that trusts them. Everything listens on 127.0.0.1. */
export async function startCluster(): Promise<{ readonly cluster: Cluster; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-system-"));
  const record = openRunRecord(folder);
  const authority = createAuthority(folder, "cluster-authority");
  const issuerAuthority = createAuthority(folder, "issuer-authority");
  const [keystonePort = 0] = await findFreePorts(1);
  const keystone = await startKeystone(keystonePort);
  const around = { keystonePort, certificate: issuerAuthority.issueServer("issuer"), record };
  const issuers = await Promise.all([
    startIssuer(folder, { name: "dex", idTokenSeconds: 3600, idleSessionSeconds: 86_400 }, around),
    startIssuer(folder, { name: "brief", idTokenSeconds: briefSeconds, idleSessionSeconds: 2 * briefSeconds }, around),
  ]);
  const api = await startApiServer(folder, authority, { issuers, authorityFile: issuerAuthority.certificate });
  const cluster: Cluster = {
    folder,
    server: api.url,
    authorityFile: authority.certificate,
    authority: { certificate: authority.certificate, key: authority.key },
    administrator: issueClient(folder, authority, "administrator", "system:masters"),
    issuerAuthorityFile: issuerAuthority.certificate,
    issuer: issuers[0].url,
    briefIssuer: issuers[1].url,
    program: buildProgram(),
  };
  allowReading(cluster);
  return {
    cluster,
    async stop() {
      await api.stop();
      await Promise.all(issuers.map((issuer) => issuer.stop()));
      keystone.closeAllConnections();
      keystone.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
