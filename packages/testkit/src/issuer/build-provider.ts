import type { Provider } from "oidc-provider/lib/provider.js";
import { registerExtraGrants } from "./extra-grants.ts";
import type { LoadedProvider } from "./load-provider.ts";
import { describeProvider, type ProviderParts } from "./provider-configuration.ts";
import { countGrant, type RequestCounts } from "./request-counts.ts";
import type { SecretList } from "./secret-list.ts";
import type { SigningKey } from "./signing-keys.ts";

/** What a provider reports to, and whom it believes. */
export interface ProviderSurroundings {
  readonly issuerUrl: string;
  readonly library: LoadedProvider;
  readonly requests: RequestCounts;
  readonly secrets: SecretList;
  readonly assertionKey: SigningKey;
  /** What went wrong inside the provider. */
  readonly failures: unknown[];
}

// The provider drops offline_access unless consent is asked for (OpenID Connect Core §11), which clients of most other
// issuers need not do. Here whoever asks for offline_access has asked for consent.
function askForConsent(provider: Provider): void {
  const { prototype } = provider.OIDCContext;
  Object.defineProperty(prototype, "prompts", {
    configurable: true,
    get(this: { readonly params: Readonly<Record<string, unknown>> }): Set<string> {
      const { prompt, scope } = this.params;
      const prompts = new Set(typeof prompt === "string" ? prompt.split(" ") : []);
      const isOffline = typeof scope === "string" && scope.split(" ").includes("offline_access");
      if (isOffline && !prompts.has("none")) prompts.add("consent");
      return prompts;
    },
  });
}

function watch(provider: Provider, parts: ProviderParts, { requests, secrets, failures }: ProviderSurroundings): void {
  provider.on("grant.success", (context) => {
    const grant = context.oidc.params?.["grant_type"];
    countGrant(requests.token, grant);
    countGrant(requests.issued, grant);
    secrets.addMembers(context.body, ["access_token", "id_token", "refresh_token"]);
  });
  provider.on("grant.error", (context) => countGrant(requests.token, context.oidc.params?.["grant_type"]));
  provider.on("device_authorization.success", (context) => {
    const interval = parts.options.devicePollSeconds;
    if (interval !== undefined && typeof context.body === "object" && context.body !== null) Object.assign(context.body, { interval });
  });
  provider.on("server_error", (_context, error) => failures.push(error));
  // Without a listener of its own the provider prints to the console.
  provider.on("error", (error) => failures.push(error));
}

/** A provider made of these parts. Providers made with the same store know each other's sessions and tokens. */
export function buildProvider(parts: ProviderParts, surroundings: ProviderSurroundings): Provider {
  const { library, issuerUrl, assertionKey } = surroundings;
  const provider: Provider = new library.Provider(
    issuerUrl,
    describeProvider(parts, () => provider, library.errors.InvalidTarget),
  );
  askForConsent(provider);
  registerExtraGrants({ issuerUrl, parts, library, provider, assertionKey });
  watch(provider, parts, surroundings);
  return provider;
}
