import { isCredentialError, type Secret } from "@kubepass/wire";
import type { IssuerConnection, TokenSet } from "../connection.ts";
import { type ExpectedTokens, receiveTokens } from "../receive-tokens.ts";
import { formatTokenRequest, sendTokenForm } from "./token-request.ts";

/** What to refresh, and what the answer must hold. */
export interface RefreshRequest {
  readonly refreshToken: Secret;
  readonly resources?: readonly string[] | undefined;
  readonly expected: ExpectedTokens;
}

/** New tokens, or the issuer's word that the session is over. */
export type RefreshAnswer = { readonly kind: "issued"; readonly tokens: TokenSet } | { readonly kind: "refused"; readonly reason: string };

// `invalid_grant` is RFC 6749 §5.2; the others are how issuers say that the person has to come back in person
// (OpenID Connect Core §3.1.2.6), and for them as well no repetition of this request can succeed.
// Dex says `invalid_request` of a refresh token that ended or was replaced; the request's form is ours and is right.
const sessionIsOver = ["invalid_grant", "invalid_request", "interaction_required", "login_required", "consent_required"];

/**
 * Exchanges a refresh token (RFC 6749 §6, OpenID Connect Core §12). When the answer has no new refresh token, the
 * old one goes on. A dead session is a value. Throws `ISSUER_UNREACHABLE` for the network and an overloaded issuer,
 * `IDENTITY_CHANGED` for tokens of another subject, `ISSUER_REFUSED` for every other refusal.
 */
export async function refreshTokens(connection: IssuerConnection, request: RefreshRequest, signal: AbortSignal): Promise<RefreshAnswer> {
  const form = formatTokenRequest({ resources: request.resources }, { refresh_token: request.refreshToken.reveal() });
  const response = await sendTokenForm(connection, "refresh_token", form, signal);
  try {
    return { kind: "issued", tokens: await receiveTokens(connection, response, request.expected, signal) };
  } catch (error) {
    if (!isCredentialError(error, "ISSUER_REFUSED") || !sessionIsOver.includes(error.issuerError ?? "")) throw error;
    return { kind: "refused", reason: `issuer ${connection.issuer} answered ${error.issuerError}` };
  }
}
