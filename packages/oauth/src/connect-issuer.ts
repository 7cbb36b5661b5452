import type { Host } from "@kubepass/plugin-sdk";
import { CredentialError, type JsonObject } from "@kubepass/wire";
import * as oauth from "oauth4webapi";
import { type ClientAuthenticationOptions, createClientAuthentication, selectAuthenticationMethod } from "./client-authentication.ts";
import { createFetch, type Fetch, identifyNetwork, type NetworkOptions } from "@kubepass/network";
import type { IssuerConnection } from "./connection.ts";
import { discoverIssuer, type DiscoveryOptions } from "./discover.ts";
import { createDpop, dpopAlgorithm } from "./dpop-key.ts";
import { createKeySource } from "./keys.ts";

/** An issuer, and the client that we are to it. */
export interface IssuerOptions extends DiscoveryOptions {
  readonly clientId: string;
  readonly clientAuthentication?: ClientAuthenticationOptions | undefined;
  readonly network?: NetworkOptions | undefined;
  /** Default `auto`: when the issuer offers it and there is a {@link dpopKey}. `connection.dpop` tells whether it is used. */
  readonly dpop?: "auto" | "never" | undefined;
  /** The private JWK of {@link generateDpopKey}; it has to be kept with the refresh token that it binds. */
  readonly dpopKey?: JsonObject | undefined;
}

/** What goes into the options of each oauth4webapi request. */
export interface RequestOptions {
  readonly [oauth.customFetch]: Fetch;
  readonly [oauth.allowInsecureRequests]: boolean;
  readonly signal: AbortSignal;
  readonly DPoP?: oauth.DPoPHandle;
}

/** The options of an oauth4webapi request over a connection. Spread them; requests that know no DPoP ignore it. */
export function requestOptions(connection: IssuerConnection, signal: AbortSignal): RequestOptions {
  return {
    [oauth.customFetch]: connection.fetch,
    [oauth.allowInsecureRequests]: connection.isInsecureAllowed,
    signal,
    ...(connection.dpop === undefined ? {} : { DPoP: connection.dpop }),
  };
}

/**
 * Discovers an issuer and makes everything ready to speak to it as one client. No token is asked for yet.
 * Throws `CONFIG_INVALID`, `POLICY_REFUSED`, `ISSUER_INVALID`, `FILE_UNREADABLE`, `SESSION_CORRUPT` (DPoP key), and what `createFetch` throws.
 */
export async function connectIssuer(options: IssuerOptions, host: Host, signal: AbortSignal): Promise<IssuerConnection> {
  if (options.clientId === "")
    throw new CredentialError("CONFIG_INVALID", "the client id is empty", { hint: "give the client id that is registered at the issuer" });
  const network = options.network ?? {};
  const fetch = createFetch(network, host);
  const networkIdentity = identifyNetwork(network, host);
  const server = await discoverIssuer(options, { fetch, host, signal, networkIdentity });
  const authentication = { ...options.clientAuthentication, hasClientCertificate: network.clientCertificate !== undefined };
  const isMutualTls = selectAuthenticationMethod(authentication, server) === "tls_client_auth";
  const client: oauth.Client = { client_id: options.clientId, use_mtls_endpoint_aliases: isMutualTls };
  const isDpopOffered = options.dpop !== "never" && server.dpop_signing_alg_values_supported?.includes(dpopAlgorithm) === true;
  return {
    issuer: options.issuer,
    server,
    client,
    clientAuthentication: await createClientAuthentication(authentication, server),
    fetch,
    isInsecureAllowed: options.isInsecureIssuerAllowed ?? false,
    isServerCertificateUnchecked: network.isServerCertificateUnchecked ?? false,
    keys: createKeySource({ jwksUrl: server.jwks_uri, fetch, host, networkIdentity }),
    dpop: isDpopOffered && options.dpopKey !== undefined ? await createDpop(options.dpopKey, client) : undefined,
    clock: host.clock,
    log: host.log,
  };
}
