import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type ApiNamespace,
  type ApiServer,
  createApiServer,
  createCertificateAuthority,
  createIssuer,
  type ExecUser,
  formatKubeconfig,
  type Issuer,
} from "@kubepass/testkit";
import { build } from "esbuild";
import { type DemoFolder, selectOwnPlaces, type Variables } from "./folder.ts";

/** An issuer, an API server that trusts it, and a kubeconfig that signs in with kubepass. */
export interface Scene {
  readonly issuer: Issuer;
  readonly apiServer: ApiServer;
  readonly certificateAuthorityPem: string;
  readonly user: ExecUser;
  readonly namespace: string;
  close(): Promise<void>;
}

/** What a scene is made with. */
export interface SceneOptions {
  readonly folder: DemoFolder;
  readonly executable: string;
  readonly isPersonAsked: boolean;
  /** The person's own environment. */
  readonly variables: Variables;
}

const dayMs = 86_400_000;

function listNamespaces(now: number): readonly ApiNamespace[] {
  const ago = (days: number): Date => new Date(now - days * dayMs);
  const web = ["web-6d4b75cb6d-h8k2x", "web-6d4b75cb6d-zq4vw"].map((name) => ({ name, createdAt: ago(2) }));
  return [
    { name: "kube-system", createdAt: ago(90), pods: [{ name: "coredns-7c65d6cfc9-m2xkq", createdAt: ago(30) }] },
    { name: "shop", createdAt: ago(41), pods: [{ name: "orders-0", createdAt: ago(12), restarts: 1 }, ...web] },
    { name: "vault", createdAt: ago(41), pods: [{ name: "vault-0", createdAt: ago(41) }] },
  ];
}

function quote(text: string): string {
  return `'${text}'`;
}

function listArguments(options: SceneOptions, issuer: Issuer): readonly string[] {
  const { folder, isPersonAsked } = options;
  const browser = [process.execPath, folder.browserProgram, issuer.url, folder.certificateAuthority, folder.browserReport];
  // The demo's browser needs no three minutes, not even to fail.
  const automatic = ["--sign-in-timeout=30", "--interaction=open", `--browser-command=${browser.map(quote).join(" ")}`];
  return [
    "get-token",
    "oidc",
    `--issuer-url=${issuer.url}`,
    `--client-id=${issuer.clients.native.clientId}`,
    `--certificate-authority=${folder.certificateAuthority}`,
    "--extra-scope=email",
    // The keyring is the person's own, wherever the home is.
    "--session-store=file",
    ...(isPersonAsked ? [] : automatic),
  ];
}

/** One file that Node runs as it is: a person waits for a browser, and loading TypeScript takes its time. */
async function buildBrowser(outfile: string): Promise<void> {
  const entry = fileURLToPath(new URL("./browser/main.ts", import.meta.url));
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@kubepass/source"],
    logLevel: "error",
  });
}

/** Starts both servers and writes the kubeconfig. */
export async function createScene(options: SceneOptions): Promise<Scene> {
  const { folder, executable, isPersonAsked, variables } = options;
  if (!isPersonAsked) await buildBrowser(folder.browserProgram);
  const authority = await createCertificateAuthority("kubepass demo");
  const { certificatePem } = authority;
  const issuer = await createIssuer({ authority, signInMode: isPersonAsked ? "page" : "automatic" });
  const jwt = {
    issuerUrl: issuer.url,
    audiences: [issuer.clients.native.clientId],
    certificateAuthorityPem: certificatePem,
    usernameClaim: "email",
  };
  const rules = [
    { groups: ["developers"], verbs: ["get", "list"], resources: ["namespaces"] },
    { groups: ["developers"], verbs: ["get", "list"], resources: ["pods"], namespaces: ["shop"] },
    { groups: ["operators"], verbs: ["get", "list"], resources: ["pods"], namespaces: ["kube-system"] },
  ];
  const apiServer = await createApiServer({ certificateAuthority: authority, jwt, rules, namespaces: listNamespaces(Date.now()) });
  const user: ExecUser = {
    command: executable,
    args: listArguments(options, issuer),
    env: { ...folder.pluginVariables, ...(isPersonAsked ? selectOwnPlaces(variables) : {}) },
    provideClusterInfo: true,
  };
  const namespace = "shop";
  const kubeconfig = { server: apiServer.url, certificateAuthorityPem: certificatePem, user, name: "demo", namespace };
  writeFileSync(folder.certificateAuthority, certificatePem);
  writeFileSync(folder.kubeconfig, formatKubeconfig(kubeconfig), { mode: 0o600 });
  const close = async (): Promise<void> => {
    await Promise.all([issuer.close(), apiServer.close()]);
  };
  return { issuer, apiServer, certificateAuthorityPem: certificatePem, user, namespace, close };
}
