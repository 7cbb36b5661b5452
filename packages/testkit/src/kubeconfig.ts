import type { ExecCredentialVersion } from "@kubepass/wire";

/** A user whose credential a plugin prints (`users[].user.exec`). */
export interface ExecUser {
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Default v1. */
  readonly apiVersion?: ExecCredentialVersion | undefined;
  /** Default `IfAvailable`. */
  readonly interactiveMode?: "Never" | "IfAvailable" | "Always" | undefined;
  /** Default `false`. */
  readonly provideClusterInfo?: boolean | undefined;
}

/** A kubeconfig with one context. */
export interface KubeconfigOptions {
  readonly server: string;
  readonly certificateAuthorityPem?: string | undefined;
  /** The plugin, or what a user holds instead. */
  readonly user: ExecUser | { readonly token: string } | { readonly certificatePem: string; readonly privateKeyPem: string };
  /** The name of cluster, user and context; default `testkit`. */
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  /** What the plugin is told when `provideClusterInfo` is set (the extension `client.authentication.k8s.io/exec`). */
  readonly execConfig?: unknown;
}

function encode(pem: string): string {
  return Buffer.from(pem).toString("base64");
}

function formatExecUser(user: ExecUser): object {
  return {
    exec: {
      apiVersion: user.apiVersion ?? "client.authentication.k8s.io/v1",
      command: user.command,
      args: user.args,
      env: user.env === undefined ? undefined : Object.entries(user.env).map(([name, value]) => ({ name, value })),
      interactiveMode: user.interactiveMode ?? "IfAvailable",
      provideClusterInfo: user.provideClusterInfo ?? false,
    },
  };
}

function formatUser(user: KubeconfigOptions["user"]): object {
  if ("token" in user) return { token: user.token };
  if ("command" in user) return formatExecUser(user);
  return { "client-certificate-data": encode(user.certificatePem), "client-key-data": encode(user.privateKeyPem) };
}

/** The text of a kubeconfig file; JSON, which is YAML too. */
export function formatKubeconfig(options: KubeconfigOptions): string {
  const { server, certificateAuthorityPem, user, name = "testkit", namespace, execConfig } = options;
  const extensions = execConfig === undefined ? undefined : [{ name: "client.authentication.k8s.io/exec", extension: execConfig }];
  const authority = certificateAuthorityPem === undefined ? undefined : encode(certificateAuthorityPem);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": authority, extensions } }],
    users: [{ name, user: formatUser(user) }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    "current-context": name,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
