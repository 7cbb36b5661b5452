import { spawn } from "node:child_process";
import { type Credential, parseExecCredential } from "@kubepass/wire";
import type { ExecUser } from "./kubeconfig.ts";
import { type JsonAnswer, type JsonRequest, requestJson } from "./request-json.ts";

/** A cluster, and the plugin that signs in to it. */
export interface KubernetesClientOptions {
  readonly server: string;
  readonly certificateAuthorityPem: string;
  readonly user: ExecUser;
  /** The environment of the plugin, in which the user's own variables are added. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether the plugin may read standard input. */
  readonly isInteractive?: boolean | undefined;
  /** Takes what the plugin says on standard error; by default it appears on our own. */
  readonly tell?: ((text: string) => void) | undefined;
  /** Ends the plugin when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** A client for where kubectl is missing. */
export interface KubernetesClient {
  /** Sends one request with the plugin's credential; a 401 makes it ask the plugin once more. */
  request(path: string, request?: Pick<JsonRequest, "body" | "headers">): Promise<JsonAnswer>;
}

function formatExecInfo({ server, certificateAuthorityPem, user, isInteractive = false }: KubernetesClientOptions): string {
  const authority = Buffer.from(certificateAuthorityPem).toString("base64");
  const cluster = user.provideClusterInfo === true ? { server, "certificate-authority-data": authority } : undefined;
  return JSON.stringify({
    apiVersion: user.apiVersion ?? "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    spec: { interactive: isInteractive, cluster },
  });
}

async function runPlugin(options: KubernetesClientOptions): Promise<Credential> {
  const { user, environment, isInteractive = false, tell, signal } = options;
  const env = { ...environment, ...user.env, KUBERNETES_EXEC_INFO: formatExecInfo(options) };
  const stdin = isInteractive ? "inherit" : "ignore";
  const output = await new Promise<string>((resolve, reject) => {
    const plugin = spawn(user.command, [...(user.args ?? [])], {
      env,
      stdio: [stdin, "pipe", tell === undefined ? "inherit" : "pipe"],
      signal,
    });
    const chunks: Buffer[] = [];
    plugin.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    plugin.stderr?.setEncoding("utf8").on("data", (text: string) => tell?.(text));
    plugin.on("error", reject);
    plugin.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString("utf8"));
      else reject(new Error(`getting credentials: ${user.command} failed with exit code ${code ?? "none"}`));
    });
  });
  return parseExecCredential(output, user.apiVersion ?? "client.authentication.k8s.io/v1");
}

function isFresh({ expiresAt }: Credential): boolean {
  return expiresAt === undefined || expiresAt.getTime() > Date.now();
}

/** A client that gets its credential as client-go does (client authentication API, v1 and v1beta1). */
export function createKubernetesClient(options: KubernetesClientOptions): KubernetesClient {
  const { server, certificateAuthorityPem } = options;
  let credential: Credential | undefined;
  const send = async (path: string, request: JsonRequest): Promise<JsonAnswer> => {
    if (credential === undefined || !isFresh(credential)) credential = await runPlugin(options);
    const { token, clientCertificate } = credential;
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` };
    return await requestJson(new URL(path, server), {
      ...request,
      certificateAuthorityPem,
      headers: { ...request.headers, ...authorization },
      clientCertificate: clientCertificate && {
        certificatePem: clientCertificate.certificatePem,
        privateKeyPem: clientCertificate.privateKeyPem.reveal(),
      },
    });
  };
  return {
    async request(path, request = {}) {
      const answer = await send(path, request);
      if (answer.status !== 401) return answer;
      credential = undefined;
      return await send(path, request);
    },
  };
}
