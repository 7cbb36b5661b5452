import type * as Errors from "oidc-provider/lib/helpers/errors.js";
import type { Provider, ProviderContext } from "oidc-provider/lib/provider.js";

/** What is used of oidc-provider. */
export interface LoadedProvider {
  readonly Provider: typeof Provider;
  readonly errors: Pick<typeof Errors, "InvalidGrant" | "InvalidRequest" | "InvalidTarget">;
  /** Answers a token request with tokens for `source`, which is like an authorization code. */
  issueTokens(provider: Provider, context: ProviderContext, source: object, grant: object, grantType: string): Promise<void>;
}

/**
 * Loads oidc-provider by its parts, because its front door prints a notice on runtimes that it does not support. All it
 * lacks on Node 20 is `URL.parse`.
 */
export async function loadProvider(): Promise<LoadedProvider> {
  if (!("parse" in URL)) {
    const parse = (text: string, base?: string): URL | null => (URL.canParse(text, base) ? new URL(text, base) : null);
    Object.defineProperty(URL, "parse", { value: parse, configurable: true, writable: true });
  }
  const { Provider } = await import("oidc-provider/lib/provider.js");
  const errors = await import("oidc-provider/lib/helpers/errors.js");
  const grants = await import("oidc-provider/lib/helpers/grants.js");
  const { issueTokens } = await import("oidc-provider/lib/helpers/grant_common.js");
  return {
    Provider,
    errors,
    issueTokens: async (provider, context, source, grant, grantType) => {
      const { validateDpop, buildTokenResponse, resolveAndApplyResource, applyAuthorizationDetails } = grants;
      const helpers = {
        buildTokenResponse: (...parameters: readonly unknown[]) => buildTokenResponse(provider, ...parameters),
        resolveAndApplyResource: (...parameters: readonly unknown[]) => resolveAndApplyResource(provider, ...parameters),
        applyAuthorizationDetails: (...parameters: readonly unknown[]) => applyAuthorizationDetails(provider, ...parameters),
      };
      const dPoP = await validateDpop(provider, context);
      await issueTokens(provider, helpers, context, source, grant, { gty: grantType, entityLabel: "grant", dPoP });
    },
  };
}
