import type { Secret } from "@kubepass/wire";
import type { IssuerConnection, TokenSet } from "../connection.ts";
import { type ExpectedTokens, receiveTokens } from "../receive-tokens.ts";
import { formatTokenRequest, sendTokenForm, type TokenRequestExtras } from "./token-request.ts";

/**
 * Tokens for an assertion that another party signed (RFC 7523 §2.1), such as the token of a workload.
 * A refresh token in the answer is dropped (RFC 7521 §4.1): the assertion can always be read again.
 * Throws what `receiveTokens` throws.
 */
export async function requestTokensWithAssertion(
  connection: IssuerConnection,
  assertion: Secret,
  extras: TokenRequestExtras,
  expected: ExpectedTokens,
  signal: AbortSignal,
): Promise<TokenSet> {
  const form = formatTokenRequest(extras, { assertion: assertion.reveal() });
  const response = await sendTokenForm(connection, "urn:ietf:params:oauth:grant-type:jwt-bearer", form, signal);
  return { ...(await receiveTokens(connection, response, expected, signal)), refreshToken: undefined };
}
