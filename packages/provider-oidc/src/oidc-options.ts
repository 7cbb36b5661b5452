import type { SecretSource } from "./secret-source.ts";

/** How a credential is obtained; `auto` chooses between the two that ask a person. */
export const grantTypes = [
  "auto",
  "authorization-code",
  "device-code",
  "client-credentials",
  "password",
  "token-exchange",
  "jwt-bearer",
] as const;

/** One of {@link grantTypes}. */
export type GrantType = (typeof grantTypes)[number];

/** Which token the API server gets. */
export type TokenKind = "id" | "access";

/** The options after checking, with defaults applied. Files and commands in it have not been read or run. */
export interface OidcOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly grant: Grant;
  readonly tokenKind: TokenKind;
  /** Which of the person's accounts; also the login hint when there is no other. */
  readonly account: string | undefined;
  readonly loginHint: string | undefined;
  /** Beside `openid` and `offline_access`; sorted, without duplicates. */
  readonly extraScopes: readonly string[];
  /** Ask for a refresh token. */
  readonly isOfflineAccessWanted: boolean;
  /** Ask for it by the scope `offline_access` even where the issuer does not list that. */
  readonly isOfflineScopeForced: boolean;
  readonly audience: string | undefined;
  /** Sorted, without duplicates. */
  readonly resources: readonly string[];
  readonly extraParameters: Readonly<Record<string, string>>;
  readonly client: ClientOptions;
  readonly person: PersonOptions;
  readonly exchangeAfterSignIn: ExchangeAfterSignIn | undefined;
  /** The token type asked for in an exchange, as a URN. */
  readonly requestedTokenType: string;
  readonly endpoints: EndpointOptions;
  readonly network: NetworkOptions;
  readonly isDpopAllowed: boolean;
}

/** How the client proves itself to the issuer. */
export interface ClientOptions {
  readonly authentication: "auto" | "none" | "basic" | "post" | "private-key-jwt" | "tls";
  readonly secret: SecretSource | undefined;
  readonly keyFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly certificateKeyFile: string | undefined;
}

/** What concerns signing in with a person. */
export interface PersonOptions {
  readonly prompt: string | undefined;
  readonly maxAgeSeconds: number | undefined;
  readonly redirectUrl: string | undefined;
  readonly redirectHost: "127.0.0.1" | "::1" | "localhost" | undefined;
  /** To listen on, in order; none means any free one. */
  readonly ports: readonly number[];
  readonly callbackPath: string | undefined;
  readonly certificateFile: string | undefined;
  readonly certificateKeyFile: string | undefined;
  readonly openUrlAfterSignIn: string | undefined;
  readonly timeoutSeconds: number;
  readonly responseMode: "query" | "form-post" | undefined;
  readonly pushedAuthorization: "auto" | "always" | "never";
}

/** The grant with what it alone needs. */
export type Grant =
  | { readonly type: "auto" | "authorization-code" | "device-code" | "client-credentials" }
  | PasswordGrant
  | ExchangeGrant
  | { readonly type: "jwt-bearer"; readonly assertion: SecretSource };

/** A person's name and password. */
export interface PasswordGrant {
  readonly type: "password";
  readonly username: string;
  /** Absent: the person is asked. */
  readonly password: SecretSource | undefined;
}

/** The token that is exchanged, and the one of the party that acts for its subject (RFC 8693 §2.1). */
export interface ExchangeGrant {
  readonly type: "token-exchange";
  readonly subject: SecretSource;
  readonly subjectType: string;
  readonly actor: SecretSource | undefined;
  readonly actorType: string;
}

/** The token of a sign-in is exchanged for one of a cluster's own audience (RFC 8693). */
export interface ExchangeAfterSignIn {
  readonly audience: string;
  /** Which token of the sign-in is handed in. */
  readonly subject: TokenKind;
}

/** Instead of what discovery says. */
export interface EndpointOptions {
  readonly discovery: string | undefined;
  readonly authorization: string | undefined;
  readonly token: string | undefined;
  readonly deviceAuthorization: string | undefined;
  readonly jwks: string | undefined;
  readonly revocation: string | undefined;
  readonly endSession: string | undefined;
  readonly pushedAuthorizationRequest: string | undefined;
}

/** How the issuer is reached. */
export interface NetworkOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly certificateAuthorityFiles: readonly string[];
  readonly certificateAuthorityPems: readonly string[];
  readonly isServerCertificateUnchecked: boolean;
  readonly isHttpIssuerAllowed: boolean;
}
