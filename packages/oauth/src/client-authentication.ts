import { CredentialError, type Secret } from "@kubepass/wire";
import * as oauth from "oauth4webapi";
import { importPrivateKey } from "./private-key.ts";

/** How a client proves to the issuer that it is the one registered under its client id. */
export const clientAuthenticationMethods = [
  "auto",
  "none",
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
  "tls_client_auth",
] as const;

/** One of {@link clientAuthenticationMethods}; `auto` goes by what the issuer advertises and what is given. */
export type ClientAuthenticationMethod = (typeof clientAuthenticationMethods)[number];

/** What {@link createClientAuthentication} works from. */
export interface ClientAuthenticationOptions {
  /** Default `auto`. */
  readonly method?: ClientAuthenticationMethod | undefined;
  readonly secret?: Secret | undefined;
  /** For `private_key_jwt`: PEM (PKCS#8, SEC1, PKCS#1) or a private JWK. */
  readonly privateKey?: Secret | undefined;
  /** The `kid` under which the issuer knows the key; default that of the JWK. */
  readonly keyId?: string | undefined;
  /** The network options have a client certificate, which `tls_client_auth` needs. */
  readonly hasClientCertificate?: boolean | undefined;
}

function refuse(what: string, hint?: string): CredentialError {
  return new CredentialError("CONFIG_INVALID", what, { hint });
}

const needs = {
  none: undefined,
  client_secret_basic: "client secret",
  client_secret_post: "client secret",
  private_key_jwt: "private key",
  tls_client_auth: "client certificate",
} as const;

function judgeMethod(method: keyof typeof needs, options: ClientAuthenticationOptions): void {
  const given = {
    "client secret": options.secret !== undefined,
    "private key": options.privateKey !== undefined,
    "client certificate": options.hasClientCertificate === true,
  };
  const needed = needs[method];
  if (needed !== undefined && !given[needed]) throw refuse(`client authentication ${method} needs a ${needed}`);
  if (given["client secret"] && needed !== "client secret")
    throw refuse(`a client secret is given, which client authentication ${method} does not use`);
}

function selectForSecret(advertised: readonly string[]): keyof typeof needs {
  return advertised.includes("client_secret_post") && !advertised.includes("client_secret_basic")
    ? "client_secret_post"
    : "client_secret_basic";
}

function selectByMeans(options: ClientAuthenticationOptions, advertised: readonly string[]): keyof typeof needs {
  const { secret, privateKey, hasClientCertificate = false } = options;
  if (secret !== undefined && privateKey !== undefined) {
    throw refuse("a client secret and a private key are given", "give one of them, or say which client authentication to use");
  }
  if (privateKey !== undefined) return "private_key_jwt";
  if (secret !== undefined) return selectForSecret(advertised);
  return hasClientCertificate && advertised.includes("tls_client_auth") && !advertised.includes("none") ? "tls_client_auth" : "none";
}

/**
 * The method that is meant: the given one, or by what is given and what the issuer advertises (RFC 8414 §2: no list means basic).
 * Throws `CONFIG_INVALID` when what the method needs is missing, or a secret would go unused.
 */
export function selectAuthenticationMethod(
  options: ClientAuthenticationOptions,
  server: oauth.AuthorizationServer,
): Exclude<ClientAuthenticationMethod, "auto"> {
  const { method = "auto" } = options;
  if (method === "auto") return selectByMeans(options, server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"]);
  judgeMethod(method, options);
  return method;
}

function getSecret(secret: Secret | undefined): string {
  if (secret === undefined) throw refuse("there is no client secret");
  return secret.reveal();
}

/**
 * The client authentication (OpenID Connect Core §9, RFC 8705) for oauth4webapi.
 * Throws `CONFIG_INVALID` as {@link selectAuthenticationMethod}, `FILE_UNREADABLE` for a private key that cannot be used.
 */
export async function createClientAuthentication(
  options: ClientAuthenticationOptions,
  server: oauth.AuthorizationServer,
): Promise<oauth.ClientAuth> {
  const method = selectAuthenticationMethod(options, server);
  switch (method) {
    case "none":
      return oauth.None();
    case "client_secret_basic":
      return oauth.ClientSecretBasic(getSecret(options.secret));
    case "client_secret_post":
      return oauth.ClientSecretPost(getSecret(options.secret));
    case "tls_client_auth":
      return oauth.TlsClientAuth();
    case "private_key_jwt": {
      if (options.privateKey === undefined) throw refuse("there is no private key");
      const { key, keyId } = await importPrivateKey(options.privateKey, server.token_endpoint_auth_signing_alg_values_supported);
      const kid = options.keyId ?? keyId;
      return oauth.PrivateKeyJwt(kid === undefined ? key : { key, kid });
    }
  }
}
