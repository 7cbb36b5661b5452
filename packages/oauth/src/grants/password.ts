import type { Secret } from "@kubepass/wire";
import type { IssuerConnection, TokenSet } from "../connection.ts";
import { type ExpectedTokens, receiveTokens } from "../receive-tokens.ts";
import { formatTokenRequest, sendTokenForm, type TokenRequestExtras } from "./token-request.ts";

/** A person's own name and password. */
export interface PasswordCredentials {
  readonly username: string;
  readonly password: Secret;
}

/**
 * Tokens for a user name and password (RFC 6749 §4.3). RFC 9700 §2.4 forbids this grant: it shows the password to the
 * client and knows no second factor. It is here for issuers that offer machines nothing else, and callers must let a
 * person opt in. Throws what `receiveTokens` throws.
 */
export async function requestTokensWithPassword(
  connection: IssuerConnection,
  credentials: PasswordCredentials,
  extras: TokenRequestExtras,
  expected: ExpectedTokens,
  signal: AbortSignal,
): Promise<TokenSet> {
  const form = formatTokenRequest(extras, { username: credentials.username, password: credentials.password.reveal() });
  return await receiveTokens(connection, await sendTokenForm(connection, "password", form, signal), expected, signal);
}
