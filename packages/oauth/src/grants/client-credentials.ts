import type { IssuerConnection, TokenSet } from "../connection.ts";
import { type ExpectedTokens, receiveTokens } from "../receive-tokens.ts";
import { formatTokenRequest, sendTokenForm, type TokenRequestExtras } from "./token-request.ts";

/**
 * Tokens for the client itself, without any person (RFC 6749 §4.4). A refresh token in the answer is dropped:
 * the client can always ask again. Throws what `receiveTokens` throws.
 */
export async function requestClientCredentials(
  connection: IssuerConnection,
  extras: TokenRequestExtras,
  expected: ExpectedTokens,
  signal: AbortSignal,
): Promise<TokenSet> {
  const response = await sendTokenForm(connection, "client_credentials", formatTokenRequest(extras, {}), signal);
  return { ...(await receiveTokens(connection, response, expected, signal)), refreshToken: undefined };
}
