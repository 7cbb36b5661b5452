import type { TokenRequestExtras } from "@kubepass/oauth";
import type { OidcOptions } from "./oidc-options.ts";

/** How a refresh token is asked for. */
export interface OfflineRequest {
  readonly scopes: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * How this issuer is asked for a refresh token. `offline_access` (OpenID Connect Core §11) where the issuer lists it, for
 * others refuse unknown scopes; else `access_type`, which Google wants and others ignore (RFC 6749 §3.1).
 * Nothing is asked for when no session is to be stored (S10, S51).
 */
export function requestOffline(
  options: Pick<OidcOptions, "isOfflineAccessWanted" | "isOfflineScopeForced" | "network">,
  supportedScopes: readonly string[] | undefined,
): OfflineRequest {
  if (!options.isOfflineAccessWanted || options.network.isServerCertificateUnchecked) return { scopes: [], parameters: {} };
  if (options.isOfflineScopeForced || supportedScopes?.includes("offline_access") === true)
    return { scopes: ["offline_access"], parameters: {} };
  return { scopes: [], parameters: { access_type: "offline" } };
}

/** Whom the token is for, and what it may do. */
export function formatTarget(options: OidcOptions, scopes: readonly string[]): TokenRequestExtras {
  return {
    scopes: [...scopes, ...options.extraScopes],
    audience: options.audience,
    resources: options.resources,
    extraParameters: options.extraParameters,
  };
}
