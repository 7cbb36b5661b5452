import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CredentialError } from "@kubepass/wire";
import { createAuthority, issueLeaf } from "./create-certificate.ts";
import { formatServeConfig, formatWebhookKubeconfig } from "./format-setup.ts";

/** What a first configuration is made for. */
export interface SetupRequest {
  /** Where everything is written; made when absent. */
  readonly folder: string;
  /** host:port that the server listens on. */
  readonly address: string;
  /** Names and addresses by which API servers reach it; the first goes into the kubeconfig. */
  readonly hosts: readonly string[];
  readonly now: Date;
}

/** A file that was written, and what it is for. */
export interface WrittenFile {
  readonly path: string;
  readonly purpose: string;
}

interface PlannedFile {
  readonly name: string;
  readonly text: string;
  readonly purpose: string;
  readonly isSecret: boolean;
}

const dayMs = 86_400_000;
const authorityDays = 3650;
const leafDays = 365;

function planFiles(request: SetupRequest): readonly PlannedFile[] {
  const { address, hosts, now } = request;
  // A clock that is a little behind must not make the first connection fail.
  const notBefore = new Date(now.getTime() - 3_600_000);
  const until = (days: number): Date => new Date(now.getTime() + days * dayMs);
  const authority = createAuthority("kubepass serve", { notBefore, notAfter: until(authorityDays) });
  const leaf = { notBefore, notAfter: until(leafDays) };
  const server = issueLeaf(authority, { ...leaf, commonName: "kubepass-serve", usage: "server", hosts });
  const client = issueLeaf(authority, { ...leaf, commonName: "kube-apiserver", usage: "client", hosts: [] });
  const port = /:(\d+)$/.exec(address)?.[1] ?? "8443";
  const file = (name: string, text: string, purpose: string, isSecret = false): PlannedFile => ({ name, text, purpose, isSecret });
  return [
    file("serve.yaml", formatServeConfig(address), "configuration of kubepass serve"),
    file("authority.crt", authority.certificatePem, "authority of both certificates"),
    file("authority.key", authority.privateKeyPem, "its key: keep it somewhere else, it is needed only to renew", true),
    file("server.crt", server.certificatePem, `certificate of the server, good for ${leafDays} days`),
    file("server.key", server.privateKeyPem, "its key", true),
    file("tokens.csv", "", "static tokens, none yet", true),
    file(
      "webhook.yaml",
      formatWebhookKubeconfig({ host: hosts[0] ?? "127.0.0.1", port, authority, client }),
      "kubeconfig for kube-apiserver",
      true,
    ),
  ];
}

/**
 * Writes a working configuration, certificates and the kubeconfig for kube-apiserver into a folder. Nothing is overwritten: throws
 * `CONFIG_INVALID` when one of the files is there, before any is written.
 */
export async function writeSetup(request: SetupRequest): Promise<readonly WrittenFile[]> {
  const folder = resolve(request.folder);
  const planned = planFiles(request).map((file) => ({ ...file, path: join(folder, file.name) }));
  const taken = planned.filter(({ path }) => existsSync(path)).map(({ path }) => path);
  if (taken.length > 0) {
    throw new CredentialError("CONFIG_INVALID", `there already is ${taken.join(", ")}`, {
      hint: "nothing was written; name another folder",
    });
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { path, text, isSecret } of planned) await writeFile(path, text, { mode: isSecret ? 0o600 : 0o644, flag: "wx" });
  return planned.map(({ path, purpose }) => ({ path, purpose }));
}
