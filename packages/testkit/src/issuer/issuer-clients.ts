import { randomBytes } from "node:crypto";
import { createSigningKey, type SigningKey } from "./signing-keys.ts";
import type { IssuerOptions } from "./issuer-options.ts";

/** A client that authenticates with a secret. */
export interface SecretClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A client that authenticates by signing (private_key_jwt). */
export interface SigningClient {
  readonly clientId: string;
  readonly privateKeyPem: string;
  readonly keyId: string;
  readonly algorithm: "ES256";
}

/** The clients that every issuer knows. */
export interface IssuerClients {
  /** Public and native: any port of 127.0.0.1, [::1] and localhost; every grant that a person starts. */
  readonly native: { readonly clientId: string };
  /** client_secret_basic or client_secret_post. */
  readonly confidential: SecretClient;
  readonly signing: SigningClient;
  /** client_credentials; its access tokens are JWTs, for `https://kubernetes.default.svc` unless asked otherwise. */
  readonly machine: SecretClient;
  /** Public, device code only. */
  readonly device: { readonly clientId: string };
  /** tls_client_auth with a certificate of the authority for the host `kubepass-mutual-tls.example`. */
  readonly mutualTls: { readonly clientId: string; readonly host: string };
}

/** Grants that the provider itself does not know. */
export const extraGrants = {
  password: "password",
  tokenExchange: "urn:ietf:params:oauth:grant-type:token-exchange",
  jwtBearer: "urn:ietf:params:oauth:grant-type:jwt-bearer",
} as const;

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
const personGrants = ["authorization_code", "refresh_token", deviceGrant, ...Object.values(extraGrants)];
const loopbackOrigins = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
const defaultPaths = ["/", "/callback", "/oauth2/callback"];

interface PreparedClients {
  readonly clients: IssuerClients;
  /** In the form of RFC 7591. */
  readonly metadata: readonly Readonly<Record<string, unknown>>[];
}

function createSecret(): string {
  return randomBytes(24).toString("base64url");
}

function createClients(key: SigningKey): IssuerClients {
  return {
    native: { clientId: "kubepass" },
    confidential: { clientId: "kubepass-confidential", clientSecret: createSecret() },
    signing: { clientId: "kubepass-signing", privateKeyPem: key.privateKeyPem, keyId: key.keyId, algorithm: "ES256" },
    machine: { clientId: "kubepass-machine", clientSecret: createSecret() },
    device: { clientId: "kubepass-device" },
    mutualTls: { clientId: "kubepass-mutual-tls", host: "kubepass-mutual-tls.example" },
  };
}

/** New secrets and keys for the built-in clients, and what the provider has to know of all clients. */
export async function prepareClients(options: IssuerOptions): Promise<PreparedClients> {
  const key = await createSigningKey("ES256", "client-key");
  const clients = createClients(key);
  const paths = options.callbackPaths ?? defaultPaths;
  const loopback = loopbackOrigins.flatMap((origin) => paths.map((path) => `${origin}${path}`));
  const person = {
    application_type: "native",
    redirect_uris: loopback,
    post_logout_redirect_uris: loopback,
    grant_types: personGrants,
    response_types: ["code"],
  };
  const { native, confidential, signing, machine, device, mutualTls } = clients;
  const noPerson = { redirect_uris: [], response_types: [] };
  const confidentialMetadata = {
    ...person,
    client_id: confidential.clientId,
    client_secret: confidential.clientSecret,
    ...(options.redirectUrls === undefined ? {} : { application_type: "web", redirect_uris: [...loopback, ...options.redirectUrls] }),
  };
  const machineMetadata = {
    client_id: machine.clientId,
    client_secret: machine.clientSecret,
    ...noPerson,
    grant_types: ["client_credentials"],
  };
  const mutualTlsMetadata = {
    ...person,
    client_id: mutualTls.clientId,
    token_endpoint_auth_method: "tls_client_auth",
    tls_client_auth_san_dns: mutualTls.host,
  };
  return {
    clients,
    metadata: [
      { ...person, client_id: native.clientId, token_endpoint_auth_method: "none" },
      confidentialMetadata,
      { ...person, client_id: signing.clientId, token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.publicJwk] } },
      machineMetadata,
      { client_id: device.clientId, token_endpoint_auth_method: "none", ...noPerson, grant_types: [deviceGrant, "refresh_token"] },
      mutualTlsMetadata,
      ...(options.clients ?? []),
    ],
  };
}
