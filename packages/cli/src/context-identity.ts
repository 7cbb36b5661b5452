import { deriveCacheKey, type Host } from "@kubepass/plugin-sdk";
import { isCredentialError } from "@kubepass/wire";
import type { KubepassContext } from "./kubeconfig-contexts.ts";
import { withVariables } from "./layered-host.ts";
import { gatherOptions } from "./options/gather-options.ts";
import { parseArguments } from "./options/parse-arguments.ts";
import { providers } from "./registry.ts";

/** Whose sign-in a context uses, or why that cannot be told. */
export type ContextIdentity = { readonly key: string } | { readonly problem: string };

/** Resolves the options of a context exactly as `get-token` would when kubectl ran it; nothing is run, nobody is asked. */
export async function resolveContextIdentity(context: KubepassContext, host: Host): Promise<ContextIdentity> {
  const parsed = parseArguments(context.argv);
  if (parsed.problems.length > 0 || parsed.command?.name !== "get-token") return { problem: "its arguments are not understood" };
  const provider = parsed.provider ?? providers[0];
  const request = { given: parsed.given, provider, own: [], clusterConfig: context.clusterConfig };
  try {
    const contextHost = withVariables(host, context.variables);
    const { values, problems } = await gatherOptions(request, contextHost);
    const [problem] = problems;
    if (problem !== undefined) return { problem };
    const { name, identity } = await provider.create(values, contextHost, { isOffline: true });
    return { key: deriveCacheKey(name, identity) };
  } catch (error) {
    if (isCredentialError(error)) return { problem: error.message };
    throw error;
  }
}
