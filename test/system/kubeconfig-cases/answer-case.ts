import {
  type AuthProviderConfig,
  findProblems,
  formatKubeconfig,
  type Impersonation,
  type Kubeconfig,
  type KubeconfigEnvironment,
  loadConfig,
  loadKubeconfig,
  minifyKubeconfig,
  type Overrides,
  parseNamespaceFlag,
  type ResolvedConfig,
  type ResolvedExec,
  type ResolvedUser,
} from "@kubepass/kubeconfig";
import { CredentialError, isCredentialError, Secret } from "@kubepass/wire";
import type { ConfigCase } from "./generate-case.ts";

/** Our answer, in the harness's words. */
export interface ConfigAnswer {
  readonly stage: string;
  readonly problems?: readonly string[] | undefined;
  readonly config?: unknown;
  readonly raw?: unknown;
  readonly validate?: readonly string[] | null | undefined;
  readonly minified?: readonly string[] | undefined;
  readonly warnings: readonly string[];
}

function overridesOf({ flags, groups, extra }: ConfigCase): Overrides {
  const { token, password, insecureSkipTlsVerify, disableCompression, namespace, ...texts } = flags;
  return {
    ...texts,
    namespace: namespace === undefined ? undefined : parseNamespaceFlag(namespace),
    token: token === undefined ? undefined : new Secret(token),
    password: password === undefined ? undefined : new Secret(password),
    insecureSkipTlsVerify: insecureSkipTlsVerify === "true",
    disableCompression: disableCompression === "true",
    impersonateGroups: groups,
    impersonateExtra: new Map(Object.entries(extra)),
  };
}

function describeExec(exec: ResolvedExec | undefined): unknown {
  if (exec === undefined) return null;
  const env = exec.env.map(({ name, value }) => ({ name, value: value.reveal() }));
  return { ...exec, env, clusterConfig: exec.clusterConfig ?? null };
}

function describeImpersonation(impersonation: Impersonation | undefined): object {
  const { user = "", uid = "", groups = [], extra = [] } = impersonation ?? {};
  return { impersonate: user, impersonateUid: uid, impersonateGroups: groups, impersonateExtra: Object.fromEntries(extra) };
}

function describeAuthProvider(provider: AuthProviderConfig | undefined): object {
  const settings = [...(provider?.config ?? [])].map(([name, value]) => [name, value.reveal()] as const);
  return { authProvider: provider?.name ?? "", authProviderConfig: Object.fromEntries(settings) };
}

function describePems(user: ResolvedUser): object {
  const { clientCertificate: certificate, clientKey: key } = user;
  return {
    certFile: certificate?.file ?? "",
    certData: certificate?.pem ?? "",
    keyFile: key?.file ?? "",
    keyData: key?.pem?.reveal() ?? "",
  };
}

function describeUser(user: ResolvedUser): object {
  return {
    ...describePems(user),
    token: user.token?.reveal() ?? "",
    tokenFile: user.tokenFile ?? "",
    username: user.username,
    password: user.password?.reveal() ?? "",
    ...describeImpersonation(user.impersonation),
    ...describeAuthProvider(user.authProvider),
    exec: describeExec(user.exec),
  };
}

function describeConfig({ cluster, user, ...config }: ResolvedConfig): object {
  return {
    host: cluster.server,
    serverName: cluster.tlsServerName,
    insecure: cluster.insecureSkipTlsVerify,
    caFile: cluster.certificateAuthority?.file ?? "",
    caData: cluster.certificateAuthority?.pem ?? "",
    proxy: cluster.proxyUrl ?? "",
    disableCompression: cluster.disableCompression,
    timeoutNs: Math.round((config.timeoutMs ?? 0) * 1e6),
    namespace: config.namespace,
    overridden: config.isNamespaceOverridden,
    ...describeUser(user),
  };
}

const stages: Readonly<Record<string, string>> = {
  KUBECONFIG_EMPTY: "empty",
  KUBECONFIG_INVALID: "load",
  FILE_UNREADABLE: "token-file",
  CONFIG_INVALID: "timeout",
};

function stageOf(error: CredentialError): string {
  if (error.code !== "KUBECONFIG_UNUSABLE") return stages[error.code] ?? error.code;
  return error.message.endsWith(" does not exist") ? "select" : "invalid";
}

function attempt<T>(action: () => T): T | CredentialError {
  try {
    return action();
  } catch (error) {
    // Anything else is a defect, and ends the test.
    if (isCredentialError(error)) return error;
    throw error;
  }
}

function describeMinified(kubeconfig: Kubeconfig): readonly string[] {
  const minified = attempt(() => minifyKubeconfig(kubeconfig));
  return minified instanceof CredentialError ? [`error: ${minified.message}`] : [minified.currentContext];
}

/** What our library makes of a case; a pod's service account may lie elsewhere than in a pod. */
export function answerCase(question: ConfigCase, podAccountFolder = "/nowhere"): ConfigAnswer {
  const warnings: string[] = [];
  const environment: KubeconfigEnvironment = { variables: question.environment, platform: "linux" };
  const kubeconfig = attempt(() => loadKubeconfig(environment, { path: question.path, warn: (message) => warnings.push(message) }));
  if (kubeconfig instanceof CredentialError) return { stage: "load", problems: kubeconfig.problems ?? [kubeconfig.message], warnings };
  const known = {
    raw: formatKubeconfig(kubeconfig, "reveal"),
    validate: findProblems(kubeconfig),
    minified: describeMinified(kubeconfig),
    warnings,
  };
  const { path, defaultServer } = question;
  const config = attempt(() => loadConfig(environment, { path, defaultServer, overrides: overridesOf(question), podAccountFolder }));
  if (config instanceof CredentialError) return { stage: stageOf(config), problems: config.problems ?? [config.message], ...known };
  return { stage: "", config: describeConfig(config), ...known };
}
