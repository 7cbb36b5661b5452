import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { dirname, join } from "node:path";
import { CredentialError } from "@kubepass/wire";
import type { AwsIamConfig } from "../aws-iam/index.ts";
import { createAuthority, issueLeaf } from "../init/create-certificate.ts";
import { readAwsIamConfig } from "./aws-iam-config.ts";
import { parseServeConfig, type ServeConfig } from "./serve-config.ts";
import type { ServeHost } from "./serve-host.ts";

const dayMs = 86_400_000;
const years = 10;
const healthPort = 21_363;

function joinAddress(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The files that the server has for itself. */
function filesOf({ stateDir }: AwsIamConfig): { readonly certificateFile: string; readonly privateKeyFile: string } {
  return { certificateFile: join(stateDir, "cert.pem"), privateKeyFile: join(stateDir, "key.pem") };
}

/** How aws-iam-authenticator's own configuration file becomes a configuration of this server. Throws `CONFIG_INVALID`. */
export function createAwsIamParser(clusterId: string | undefined): (source: string, name: string) => ServeConfig {
  return (source, name) => {
    const { config } = readAwsIamConfig(source, name, clusterId);
    const document = {
      apiVersion: "kubepass.dev/v1",
      kind: "ServeConfiguration",
      // As aws-iam-authenticator: whoever reaches the address may ask. API servers of existing clusters present nothing.
      // Its probes and scrapes come to the same address.
      listen: {
        address: joinAddress(config.address, config.port),
        ...filesOf(config),
        insecureAllowAnyCaller: true,
        answerOperations: true,
      },
      operations: { address: `:${healthPort}` },
      verifiers: [{ awsIam: { configFile: name } }],
      // As well: who is mapped just after a refusal gets in with the same token, because API servers do not remember this one.
      refusals: "forbidden",
    };
    return parseServeConfig(JSON.stringify(document), name);
  };
}

function formatKubeconfig(config: AwsIamConfig, certificatePem: string): string {
  const server = `https://${joinAddress(config.hostname, config.port)}/authenticate`;
  return `clusters:
  - name: aws-iam-authenticator
    cluster:
      certificate-authority-data: ${Buffer.from(certificatePem).toString("base64")}
      server: ${server}
users:
  - name: apiserver
current-context: webhook
contexts:
- name: webhook
  context:
    cluster: aws-iam-authenticator
    user: apiserver
`;
}

async function writeCertificate(config: AwsIamConfig, now: Date): Promise<void> {
  const { certificateFile, privateKeyFile } = filesOf(config);
  const period = { notBefore: new Date(now.getTime() - dayMs / 24), notAfter: new Date(now.getTime() + years * 365 * dayMs) };
  const hosts = [...new Set([config.hostname, ...(/^(?:0\.0\.0\.0|::)?$/.test(config.address) ? [] : [config.address])])];
  const authority = createAuthority("aws-iam-authenticator", period);
  const leaf = issueLeaf(authority, { ...period, commonName: "aws-iam-authenticator", usage: "server", hosts });
  await mkdir(config.stateDir, { recursive: true });
  await writeFile(privateKeyFile, leaf.privateKeyPem, { mode: 0o600, flag: "wx" });
  await writeFile(certificateFile, `${leaf.certificatePem}${authority.certificatePem}`);
}

/**
 * What aws-iam-authenticator does before it serves: makes a certificate where there is none, and writes the kubeconfig for
 * kube-apiserver. What is there stays. Throws `CONFIG_INVALID`, `FILE_UNREADABLE`, `SERVE_FAILED`.
 */
export async function prepareAwsIamServer(
  path: string,
  clusterId: string | undefined,
  host: Pick<ServeHost, "clock" | "log">,
): Promise<void> {
  let source: string;
  try {
    source = await readFile(path, "utf8");
  } catch (error) {
    throw new CredentialError("FILE_UNREADABLE", `cannot read ${path}`, { cause: error });
  }
  const { config } = readAwsIamConfig(source, path, clusterId);
  const { certificateFile, privateKeyFile } = filesOf(config);
  try {
    if (!existsSync(certificateFile) && !existsSync(privateKeyFile)) {
      await writeCertificate(config, host.clock.now());
      host.log.info("made a certificate", { certificateFile });
    }
    if (config.kubeconfigPregenerated) return;
    await mkdir(dirname(config.generateKubeconfig), { recursive: true });
    await writeFile(config.generateKubeconfig, formatKubeconfig(config, await readFile(certificateFile, "utf8")));
    host.log.info("wrote the kubeconfig for kube-apiserver", { path: config.generateKubeconfig });
  } catch (error) {
    const reason: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    throw new CredentialError("SERVE_FAILED", `the state of the server cannot be prepared in ${config.stateDir}: ${String(reason)}`, {
      cause: error,
    });
  }
}
