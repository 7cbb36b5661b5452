import { createFetch, type Fetch, type NetworkHost } from "@kubepass/network";
import type { IssuerConfiguration } from "../configuration/authentication-configuration.ts";
import { fetchKeys, fetchKeysUrl } from "./issuer-documents.ts";
import { IssuerKeySource, type KeySourceLimits } from "./issuer-keys.ts";

/** How the keys of issuers are fetched. */
export interface KeyFetchOptions {
  readonly limits?: KeySourceLimits | undefined;
  /** Unsafe: takes keys over plain http, as kube-apiserver does when an issuer's document says so. */
  readonly isInsecureKeysUrlAllowed?: boolean | undefined;
}

/** A fetch from one issuer: proxies by the environment; with `certificateAuthority`, no other authority is trusted. */
export function createIssuerFetch({ certificateAuthority }: IssuerConfiguration, host: NetworkHost, maxRetries?: number): Fetch {
  const authorities = certificateAuthority === "" ? [] : [certificateAuthority];
  return createFetch({ certificateAuthorityPems: authorities, areOnlyGivenAuthoritiesTrusted: true, maxRetries }, host);
}

/**
 * The key source of one issuer, over the network ({@link createIssuerFetch}): discovery document, then keys. Nothing is fetched until it is asked.
 */
export function createIssuerKeySource(issuer: IssuerConfiguration, host: NetworkHost, options: KeyFetchOptions = {}): IssuerKeySource {
  const fetch = createIssuerFetch(issuer, host);
  // An issuer may move its keys: the document is read anew each time.
  const fetchAll = async (signal: AbortSignal): ReturnType<typeof fetchKeys> =>
    await fetchKeys(await fetchKeysUrl(issuer, options.isInsecureKeysUrlAllowed === true, fetch, signal), fetch, signal);
  return new IssuerKeySource(fetchAll, options.limits);
}
