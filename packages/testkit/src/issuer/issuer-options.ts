import type { CertificateAuthority } from "../certificate-authority.ts";

/** A person whom the issuer knows. */
export interface Account {
  /** The `sub` claim. */
  readonly id: string;
  readonly email: string;
  readonly name?: string | undefined;
  readonly groups: readonly string[];
  readonly password: string;
}

/**
 * How the issuer answers a sign-in: `automatic` believes at once that the configured account is there, `page` shows a
 * page that asks for account and password, `refuse` answers `access_denied`.
 */
export type SignInMode = "automatic" | "page" | "refuse";

/** How an issuer is made. Without options it speaks TLS with an authority of its own and signs in Anna. */
export interface IssuerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** Vouches for the server; a new one by default. `none` is plain http. */
  readonly authority?: CertificateAuthority | "none" | undefined;
  /** Asks for client certificates of the authority, for the client `mutualTls`. */
  readonly isClientCertificateRequested?: boolean | undefined;
  readonly accounts?: readonly Account[] | undefined;
  readonly signInMode?: SignInMode | undefined;
  readonly signingAlgorithm?: "ES256" | "RS256" | undefined;
  readonly idTokenSeconds?: number | undefined;
  readonly accessTokenSeconds?: number | undefined;
  readonly refreshTokenSeconds?: number | undefined;
  readonly deviceCodeSeconds?: number | undefined;
  /** The `interval` of the device authorization response; left out by default (clients then wait 5 s). */
  readonly devicePollSeconds?: number | undefined;
  /** A refresh token is good for one use; true by default. */
  readonly isRefreshTokenRotated?: boolean | undefined;
  readonly isPushedRequestRequired?: boolean | undefined;
  /** DPoP proofs need a nonce of the issuer (RFC 9449 §8). */
  readonly isDpopNonceRequired?: boolean | undefined;
  /** The paths that redirect URLs on loopback may have. */
  readonly callbackPaths?: readonly string[] | undefined;
  /** Redirect URLs of the confidential client, byte for byte, beside the loopback ones. */
  readonly redirectUrls?: readonly string[] | undefined;
  /** Resource indicators (RFC 8707) that access tokens may be asked for; any by default. */
  readonly resources?: readonly string[] | undefined;
  /** Clients beside the built-in ones, in the form of RFC 7591. */
  readonly clients?: readonly Readonly<Record<string, unknown>>[] | undefined;
}

/** Anna, a developer, and Bob, an operator. */
export const defaultAccounts: readonly Account[] = [
  { id: "anna", email: "anna@example.com", name: "Anna Example", groups: ["developers"], password: "correct horse battery staple" },
  { id: "bob", email: "bob@example.com", name: "Bob Example", groups: ["developers", "operators"], password: "tr0ub4dor and three" },
];

/** The account with that id or e-mail address. */
export function findAccount(accounts: readonly Account[], name: string | undefined): Account | undefined {
  return accounts.find((account) => account.id === name || account.email === name);
}

/** The account with that id or e-mail address, who must exist. */
export function getAccount(accounts: readonly Account[], name: string): Account {
  const account = findAccount(accounts, name);
  if (account === undefined) throw new Error(`the issuer knows no account ${name}`);
  return account;
}
