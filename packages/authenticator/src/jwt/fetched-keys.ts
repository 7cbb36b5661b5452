import { createFetch, type NetworkHost } from "@kubepass/network";
import type { IssuerConfiguration } from "../configuration/authentication-configuration.ts";
import { fetchKeys, fetchKeysUrl } from "./issuer-documents.ts";
import { IssuerKeySource, type KeySourceLimits } from "./issuer-keys.ts";

/** How the keys of issuers are fetched. */
export interface KeyFetchOptions {
  readonly limits?: KeySourceLimits | undefined;
  /** Unsafe: takes keys over plain http, as kube-apiserver does when an issuer's document says so. */
  readonly isInsecureKeysUrlAllowed?: boolean | undefined;
}

/**
 * The key source of one issuer, over the network: discovery document, then keys; proxies by the environment; with
 * `certificateAuthority`, no other authority is trusted. Nothing is fetched until it is asked.
 */
export function createIssuerKeySource(issuer: IssuerConfiguration, host: NetworkHost, options: KeyFetchOptions = {}): IssuerKeySource {
  const authorities = issuer.certificateAuthority === "" ? [] : [issuer.certificateAuthority];
  const fetch = createFetch({ certificateAuthorityPems: authorities, areOnlyGivenAuthoritiesTrusted: true }, host);
  // An issuer may move its keys: the document is read anew each time.
  const fetchAll = async (signal: AbortSignal): ReturnType<typeof fetchKeys> =>
    await fetchKeys(await fetchKeysUrl(issuer, options.isInsecureKeysUrlAllowed === true, fetch, signal), fetch, signal);
  return new IssuerKeySource(fetchAll, options.limits);
}
