import { type ClientAuthenticationMethod, type ClientAuthenticationOptions, connectIssuer, type IssuerConnection } from "@kubepass/oauth";
import type { NetworkOptions } from "@kubepass/network";
import type { Host } from "@kubepass/plugin-sdk";
import type { ClientCertificate, JsonObject, Secret } from "@kubepass/wire";
import type { ClientOptions, OidcOptions } from "./oidc-options.ts";
import { readOptionFile, readSecret, readSecretFile } from "./read-secret.ts";

const methods: Readonly<Record<ClientOptions["authentication"], ClientAuthenticationMethod>> = {
  auto: "auto",
  none: "none",
  basic: "client_secret_basic",
  post: "client_secret_post",
  "private-key-jwt": "private_key_jwt",
  tls: "tls_client_auth",
};

/** Reads the client secret at most once: standard input cannot be read twice. */
export type ClientSecretReader = (host: Host, signal: AbortSignal) => Promise<Secret | undefined>;

/** A {@link ClientSecretReader} for the client of these options. */
export function createClientSecretReader(client: ClientOptions): ClientSecretReader {
  let reading: Promise<Secret> | undefined;
  return async (host, signal) => {
    if (client.secret === undefined || client.authentication === "none") return undefined;
    reading ??= readSecret("client secret", client.secret, host, signal);
    return await reading;
  };
}

function readClientCertificate(client: ClientOptions, host: Host): ClientCertificate | undefined {
  const { certificateFile, certificateKeyFile } = client;
  if (certificateFile === undefined || certificateKeyFile === undefined) return undefined;
  return {
    certificatePem: readOptionFile("client certificate", certificateFile, host),
    privateKeyPem: readSecretFile("client certificate key", certificateKeyFile, host),
  };
}

function readNetwork(options: OidcOptions, host: Host): NetworkOptions {
  const { network, client } = options;
  const fromFiles = network.certificateAuthorityFiles.map((path) => readOptionFile("certificate authority", path, host));
  return {
    certificateAuthorityPems: [...fromFiles, ...network.certificateAuthorityPems],
    clientCertificate: readClientCertificate(client, host),
    isServerCertificateUnchecked: network.isServerCertificateUnchecked,
    headers: network.headers,
  };
}

/**
 * The issuer of the options, discovered, with the client's secrets read from where they are.
 * Throws what `connectIssuer` throws, `FILE_UNREADABLE`, and `SECRET_COMMAND_FAILED`.
 */
export async function connect(
  options: OidcOptions,
  readClientSecret: ClientSecretReader,
  dpopKey: JsonObject | undefined,
  host: Host,
  signal: AbortSignal,
): Promise<IssuerConnection> {
  const { client, endpoints, network } = options;
  const clientAuthentication: ClientAuthenticationOptions = {
    method: methods[client.authentication],
    secret: await readClientSecret(host, signal),
    privateKey: client.keyFile === undefined ? undefined : readSecretFile("client key", client.keyFile, host),
  };
  return await connectIssuer(
    {
      issuer: options.issuer,
      clientId: options.clientId,
      discoveryUrl: endpoints.discovery,
      endpoints: {
        authorization: endpoints.authorization,
        token: endpoints.token,
        device_authorization: endpoints.deviceAuthorization,
        jwks: endpoints.jwks,
        revocation: endpoints.revocation,
        end_session: endpoints.endSession,
        pushed_authorization_request: endpoints.pushedAuthorizationRequest,
      },
      isInsecureIssuerAllowed: network.isHttpIssuerAllowed,
      clientAuthentication,
      network: readNetwork(options, host),
      dpop: dpopKey === undefined ? "never" : "auto",
      dpopKey,
    },
    host,
    signal,
  );
}
