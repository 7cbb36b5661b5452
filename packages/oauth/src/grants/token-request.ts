import { CredentialError, isJsonObject } from "@kubepass/wire";
import * as oauth from "oauth4webapi";
import { type RequestOptions, requestOptions } from "../connect-issuer.ts";
import type { IssuerConnection } from "../connection.ts";

/** What may be said to the token endpoint beside what a grant itself needs. */
export interface TokenRequestExtras {
  readonly scopes?: readonly string[] | undefined;
  /** Not in a standard for most grants, but asked for by several issuers. */
  readonly audience?: string | undefined;
  /** RFC 8707. */
  readonly resources?: readonly string[] | undefined;
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
}

/** The form of a token request: the extras first, so that the grant's own parameters win. */
export function formatTokenRequest(extras: TokenRequestExtras, own: Readonly<Record<string, string | undefined>>): URLSearchParams {
  const form = new URLSearchParams(extras.extraParameters);
  if (extras.scopes !== undefined && extras.scopes.length > 0) form.set("scope", extras.scopes.join(" "));
  if (extras.audience !== undefined) form.set("audience", extras.audience);
  for (const resource of extras.resources ?? []) form.append("resource", resource);
  for (const [name, value] of Object.entries(own)) if (value !== undefined) form.set(name, value);
  return form;
}

/** True when the issuer wants the same request again with the nonce it just gave (RFC 9449 §8). */
async function asksForDpopNonce(response: Response): Promise<boolean> {
  if (response.status !== 400 || !response.headers.has("dpop-nonce")) return false;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return isJsonObject(body) && body["error"] === "use_dpop_nonce";
}

/**
 * Sends a request to the token endpoint, once more when the issuer asks for a DPoP nonce.
 * Throws `GRANT_UNSUPPORTED` when the issuer names no token endpoint, and what the connection's `fetch` throws.
 */
export async function sendTokenRequest(
  connection: IssuerConnection,
  signal: AbortSignal,
  send: (options: RequestOptions) => Promise<Response>,
): Promise<Response> {
  if (connection.server.token_endpoint === undefined) {
    throw new CredentialError("GRANT_UNSUPPORTED", `issuer ${connection.issuer} advertises no token endpoint`, {
      hint: "set token-endpoint when the issuer has one that it does not advertise",
    });
  }
  const options = requestOptions(connection, signal);
  const response = await send(options);
  if (connection.dpop === undefined || !(await asksForDpopNonce(response))) return response;
  // The DPoP object has kept the nonce from the first answer.
  return await send(options);
}

/** {@link sendTokenRequest} for a grant that is no more than a form. */
export async function sendTokenForm(
  connection: IssuerConnection,
  grantType: string,
  form: URLSearchParams,
  signal: AbortSignal,
): Promise<Response> {
  return await sendTokenRequest(connection, signal, (options) =>
    oauth.genericTokenEndpointRequest(connection.server, connection.client, connection.clientAuthentication, grantType, form, options),
  );
}
