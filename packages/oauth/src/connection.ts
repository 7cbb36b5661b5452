import type { webcrypto } from "node:crypto";
import type { Clock, Log } from "@kubepass/plugin-sdk";
import type { Fetch } from "@kubepass/network";
import type { JsonObject, Secret } from "@kubepass/wire";
import type * as oauth from "oauth4webapi";

/** A discovered issuer with everything needed to speak to it as one client. */
export interface IssuerConnection {
  /** The configured issuer URL, byte for byte. */
  readonly issuer: string;
  /** The discovery document, with configured endpoint overrides applied. */
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly clientAuthentication: oauth.ClientAuth;
  readonly fetch: Fetch;
  /** The issuer is http on a loopback address and that was allowed on purpose. */
  readonly isInsecureAllowed: boolean;
  /** Nobody checked who answers: refresh tokens must not be stored. */
  readonly isServerCertificateUnchecked?: boolean | undefined;
  readonly keys: KeySource;
  /** Proof of possession for the refresh token (RFC 9449), when it is used. */
  readonly dpop?: oauth.DPoPHandle | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** The issuer's signing keys, cached on disk. */
export interface KeySource {
  /**
   * The public key for a JWS header. An unknown `kid` makes one fresh download, at most once a minute.
   * Throws `KEY_UNKNOWN`.
   */
  find(header: JsonObject, signal: AbortSignal): Promise<webcrypto.CryptoKey>;
  /**
   * The key for a header whose signature the one of {@link find} did not make, out of a fresh download: an issuer may put another key
   * in the place of one, above all where its keys have no names. `undefined` when the last download is less than a minute old.
   * Throws `KEY_UNKNOWN`.
   */
  findAgain(header: JsonObject, signal: AbortSignal): Promise<webcrypto.CryptoKey | undefined>;
}

/** An ID token whose signature and claims were checked. */
export interface VerifiedIdToken {
  readonly token: Secret;
  readonly claims: JsonObject;
  readonly subject: string;
  readonly expiresAt: Date;
}

/** What a token endpoint answered, after all checks. */
export interface TokenSet {
  readonly idToken?: VerifiedIdToken | undefined;
  readonly accessToken?: { readonly token: Secret; readonly expiresAt?: Date | undefined } | undefined;
  readonly refreshToken?: { readonly token: Secret; readonly expiresAt?: Date | undefined } | undefined;
  /** The granted scopes, when the issuer says so. */
  readonly scope?: string | undefined;
}
