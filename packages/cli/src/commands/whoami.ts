import { loadConfig, type ResolvedConfig } from "@kubepass/kubeconfig";
import { isCredentialError } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { checkOptions } from "../credential-request.ts";
import { findGivenText } from "../given-text.ts";
import { isOwnOn, kubeconfigEnvironment } from "../kubeconfig-sources.ts";
import { whoamiOffline } from "./whoami-offline.ts";
import { askCluster } from "./whoami-cluster.ts";

// Flags that say which sign-in is meant; a kubeconfig says it otherwise.
const signInFlags = ["account", "issuer-url", "client-id"];

function isAboutSignIn({ parsed }: Invocation): boolean {
  return parsed.provider !== undefined || signInFlags.some((name) => parsed.given.has(name));
}

function findConfig(invocation: Invocation): ResolvedConfig | undefined {
  const { host } = invocation;
  const [path, context] = [findGivenText(invocation, "kubeconfig"), findGivenText(invocation, "context")];
  const warn = (message: string): void => host.log.warn(message);
  try {
    return loadConfig(kubeconfigEnvironment(host), { path, overrides: { context }, warn });
  } catch (error) {
    // Who names a cluster wants to hear of that cluster.
    if (isCredentialError(error, "KUBECONFIG_EMPTY") && path === undefined && context === undefined) return undefined;
    throw error;
  }
}

/** `kubepass whoami`: who the cluster takes one for; without a cluster to ask, what the credential says of itself. */
export async function whoami(invocation: Invocation): Promise<number> {
  checkOptions(invocation);
  if (isOwnOn(invocation, "offline") || isAboutSignIn(invocation)) return await whoamiOffline(invocation);
  const config = findConfig(invocation);
  return config === undefined ? await whoamiOffline(invocation) : await askCluster(config, invocation);
}
