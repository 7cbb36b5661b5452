import { Secret } from "@kubepass/wire";
import type { IssuerConnection } from "./connection.ts";

/**
 * The page at which a person ends the sign-in in the browser (OpenID Connect RP-Initiated Logout §2), or `undefined`
 * when the issuer has none. A secret, because the hint is an ID token.
 */
export function formatEndSessionUrl(
  connection: Pick<IssuerConnection, "server" | "client">,
  idTokenHint: Secret | undefined,
): Secret | undefined {
  const endpoint = connection.server.end_session_endpoint;
  if (endpoint === undefined) return undefined;
  const url = new URL(endpoint);
  url.searchParams.set("client_id", connection.client.client_id);
  if (idTokenHint !== undefined) url.searchParams.set("id_token_hint", idTokenHint.reveal());
  return new Secret(url.href);
}
