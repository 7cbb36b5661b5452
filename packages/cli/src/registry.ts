import type { Host, OptionSpec, OptionValues, Provider } from "@kubepass/plugin-sdk";
import { eksOptions } from "@kubepass/provider-eks/options";
import { oidcOptions } from "@kubepass/provider-oidc/options";

/** Whom making a provider may ask. */
export interface Asking {
  /** No network, not even the machine's own. */
  readonly isOffline?: boolean;
}

/** A provider as the command line knows it. */
export interface ProviderEntry {
  readonly name: string;
  /** One line for help. */
  readonly description: string;
  readonly options: readonly OptionSpec[];
  /**
   * The provider for these options; what variables and files of other programs add is read through the host.
   * Throws `CONFIG_INVALID` for all problems together; offline that one needs the network is a problem too.
   */
  create(values: OptionValues, host: Host, asking?: Asking): Promise<Provider>;
}

const oidc: ProviderEntry = {
  name: "oidc",
  description: "any OpenID Connect issuer",
  options: oidcOptions,
  async create(values, host) {
    const { loadOidcProvider } = await import("@kubepass/provider-oidc");
    return await loadOidcProvider(values, host);
  },
};

const eks: ProviderEntry = {
  name: "eks",
  description: "EKS and aws-iam-authenticator",
  options: eksOptions,
  async create(values, host, asking) {
    const { loadEksProvider } = await import("@kubepass/provider-eks");
    return await loadEksProvider(values, host, asking);
  },
};

/** Every provider; the first is meant where none is named. */
export const providers: readonly [ProviderEntry, ...ProviderEntry[]] = [oidc, eks];

/** The provider of a name; `undefined` when there is none. */
export function findProvider(name: string | undefined): ProviderEntry | undefined {
  return providers.find((provider) => provider.name === name);
}
