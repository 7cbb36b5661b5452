import { isJsonObject, type Secret } from "@kubepass/wire";
import * as oauth from "oauth4webapi";
import { requestOptions } from "./connect-issuer.ts";
import type { IssuerConnection } from "./connection.ts";
import { judgeOAuthError } from "./judge-oauth-error.ts";

/** The two kinds of tokens that can be revoked, by their hint (RFC 7009 §2.1). */
export type RevocableToken = "refresh_token" | "access_token";

/** How a revocation went. */
export type Revocation = { readonly outcome: "revoked" | "already-ended" } | { readonly outcome: "still-valid"; readonly reason: string };

async function findErrorCode(response: Response): Promise<string | undefined> {
  try {
    const body: unknown = await response.clone().json();
    return isJsonObject(body) && typeof body["error"] === "string" ? body["error"] : undefined;
  } catch {
    return undefined;
  }
}

async function judgeRevocation(response: Response): Promise<Revocation> {
  // A token that the issuer does not know any more is answered with 200 as well (RFC 7009 §2.2).
  if (response.ok) return { outcome: "revoked" };
  const code = await findErrorCode(response);
  // Not of the standard, but said by issuers that should have answered 200.
  if (code === "invalid_token" || code === "invalid_grant") return { outcome: "already-ended" };
  if (code === "unsupported_token_type") return { outcome: "still-valid", reason: "the issuer does not revoke tokens of this kind" };
  return { outcome: "still-valid", reason: (await judgeOAuthError(response)).message };
}

/**
 * Ends a token at the issuer (RFC 7009). A refusal is a value.
 * Throws `ISSUER_UNREACHABLE`, `TLS_UNTRUSTED`, `PROXY_FAILED`, or the signal's reason.
 */
export async function revokeToken(
  connection: IssuerConnection,
  token: Secret,
  kind: RevocableToken,
  signal: AbortSignal,
): Promise<Revocation> {
  if (connection.server.revocation_endpoint === undefined) return { outcome: "still-valid", reason: "the issuer offers no revocation" };
  const response = await oauth.revocationRequest(connection.server, connection.client, connection.clientAuthentication, token.reveal(), {
    ...requestOptions(connection, signal),
    additionalParameters: { token_type_hint: kind },
  });
  return await judgeRevocation(response);
}
