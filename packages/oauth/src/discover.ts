import { CredentialError } from "@kubepass/wire";
import type * as oauth from "oauth4webapi";
import {
  type CachedDocument,
  type CacheHost,
  canStandIn,
  createDocumentKey,
  isFresh,
  readCachedDocument,
  writeCachedDocument,
} from "./cached-document.ts";
import { type Fetch, fetchDocument, findLifetimeMs } from "@kubepass/network";
import {
  applyOverrides,
  type EndpointOverrides,
  judgeConfiguredUrl,
  judgeDiscovery,
  judgeIssuerUrl,
  type UrlPolicy,
} from "./judge-discovery.ts";

/** Where and how an issuer is discovered. */
export interface DiscoveryOptions extends UrlPolicy {
  /** The issuer URL, byte for byte as the issuer writes it in its tokens. */
  readonly issuer: string;
  /** Where the document lies, when not below the issuer URL. */
  readonly discoveryUrl?: string | undefined;
  readonly endpoints?: EndpointOverrides | undefined;
}

/** What discovery needs around it. */
export interface DiscoveryContext {
  readonly fetch: Fetch;
  readonly host: CacheHost;
  readonly signal: AbortSignal;
  /** Tells ways to the network apart (authorities, proxy), so that one never uses what another fetched. */
  readonly networkIdentity?: string | undefined;
}

/** The places of an issuer's document, in the order in which they are tried: OpenID Connect Discovery §4, RFC 8414 §3.1. */
export function listDiscoveryUrls(options: DiscoveryOptions): readonly string[] {
  if (options.discoveryUrl !== undefined) {
    judgeConfiguredUrl(options.discoveryUrl, "the discovery URL", options);
    return [options.discoveryUrl];
  }
  const { origin } = judgeIssuerUrl(options.issuer, options);
  const issuer = options.issuer.replace(/\/$/, "");
  const path = new URL(issuer).pathname.replace(/\/$/, "");
  return [`${issuer}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${path}`];
}

async function fetchDiscovery(options: DiscoveryOptions, context: DiscoveryContext): Promise<CachedDocument> {
  const urls = listDiscoveryUrls(options);
  for (const url of urls) {
    const answer = await fetchDocument(url, "discovery document", context.fetch, context.signal);
    if (answer === undefined) continue;
    const fetchedAt = context.host.clock.now();
    return { text: answer.text, fetchedAt, freshUntil: new Date(fetchedAt.getTime() + findLifetimeMs(answer.headers)) };
  }
  throw new CredentialError("ISSUER_INVALID", `there is no discovery document of ${options.issuer} (404 at ${urls.join(" and ")})`, {
    hint: "check the issuer URL; where the document lies elsewhere, set the discovery URL",
  });
}

function findJudged(document: CachedDocument, options: DiscoveryOptions): oauth.AuthorizationServer | undefined {
  try {
    return judgeDiscovery(document.text, options.issuer, options);
  } catch {
    // A cached document that is no longer good is fetched again, and that one's faults are told.
    return undefined;
  }
}

async function fetchJudged(options: DiscoveryOptions, context: DiscoveryContext, key: string): Promise<oauth.AuthorizationServer> {
  const document = await fetchDiscovery(options, context);
  const server = judgeDiscovery(document.text, options.issuer, options);
  writeCachedDocument(context.host, key, document);
  return server;
}

async function findServer(options: DiscoveryOptions, context: DiscoveryContext): Promise<oauth.AuthorizationServer> {
  const { host } = context;
  const key = createDocumentKey("discovery", [options.issuer, options.discoveryUrl ?? null, context.networkIdentity ?? null]);
  const cached = readCachedDocument(host, key);
  const known = cached === undefined ? undefined : findJudged(cached, options);
  if (cached === undefined || known === undefined) return await fetchJudged(options, context, key);
  if (isFresh(cached, host.clock.now())) return known;
  try {
    return await fetchJudged(options, context, key);
  } catch (error) {
    if (!canStandIn(cached, error, host.clock.now())) throw error;
    host.log.info("the issuer is unreachable: its last discovery document is used", {
      issuer: options.issuer,
      fetchedAt: cached.fetchedAt,
    });
    return known;
  }
}

/**
 * What an issuer says of itself, checked, with configured endpoints in place. Cached on disk for as long as the issuer says
 * (5 minutes to 24 hours); while the issuer is unreachable, the old copy serves up to a day longer. A cached copy passes
 * the same checks as a fetched one.
 * Throws `CONFIG_INVALID` and `POLICY_REFUSED` for URLs, `ISSUER_INVALID` for the document, and what `createFetch` throws.
 */
export async function discoverIssuer(options: DiscoveryOptions, context: DiscoveryContext): Promise<oauth.AuthorizationServer> {
  judgeIssuerUrl(options.issuer, options);
  return applyOverrides(await findServer(options, context), options.endpoints ?? {}, options);
}
