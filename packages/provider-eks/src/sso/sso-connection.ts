import type { Fetch } from "@kubepass/network";
import { createClientAuthentication, type IssuerConnection } from "@kubepass/oauth";
import type { Host } from "@kubepass/plugin-sdk";
import { CredentialError, findPartitionOfRegion, isJsonObject, type JsonObject, Secret } from "@kubepass/wire";
import type { SsoSettings } from "../aws-files.ts";
import type { AddressKind } from "../eks-options.ts";

/** This program as a client that IAM Identity Center has just registered. */
export interface SsoRegistration {
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly expiresAt: Date | undefined;
}

// The service speaks OAuth in JSON of its own: the same members, named in another way.
function toCamelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The origin of the service in a region. Throws `CONFIG_INVALID` for a region of no known partition. */
export function findSsoOrigin(region: string, { isFips, isDualStack }: AddressKind): string {
  const partition = findPartitionOfRegion(region);
  if (partition === undefined) {
    throw new CredentialError("CONFIG_INVALID", `sso_region ${JSON.stringify(region)} is in no known partition`, {
      hint: "correct sso_region in AWS's config file",
    });
  }
  // In GovCloud the plain host is the validated one, but for the one of both kinds.
  const isPlain = !isFips || (partition.name === "aws-us-gov" && !isDualStack);
  return `https://${isPlain ? "oidc" : "oidc-fips"}.${region}.${isDualStack ? partition.dualStackSuffix : partition.suffix}`;
}

function refuse(what: string, status: number, body: unknown): CredentialError {
  const error = isJsonObject(body) && typeof body["error"] === "string" ? body["error"] : `HTTP ${status}`;
  if (status >= 500 || status === 429) {
    return new CredentialError("ISSUER_UNREACHABLE", `IAM Identity Center cannot answer ${what} now: ${error}`, { retryable: true });
  }
  return new CredentialError("ISSUER_REFUSED", `IAM Identity Center refused ${what}: ${error}`, {
    hint: "check sso_start_url and sso_region in AWS's config file",
  });
}

async function readJson(response: Response): Promise<unknown> {
  return await response.json().catch(() => undefined);
}

function formatRegistration({ sessionName, startUrl, scopes }: SsoSettings): JsonObject {
  const client = { clientName: "kubepass", clientType: "public" };
  // Profiles of the old form know no scopes and no refresh tokens, and sign in by device code alone.
  if (sessionName === undefined) return client;
  return {
    ...client,
    grantTypes: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    // The port is left out: any port of the loopback address will do (RFC 8252 §7.3).
    redirectUris: ["http://127.0.0.1/oauth/callback"],
    issuerUrl: startUrl,
    scopes: [...scopes],
  };
}

function parseRegistration(body: unknown): SsoRegistration {
  const members: JsonObject = isJsonObject(body) ? body : {};
  const { clientId, clientSecret, clientSecretExpiresAt: end } = members;
  if (typeof clientId !== "string" || typeof clientSecret !== "string") {
    throw new CredentialError("RESPONSE_INVALID", "IAM Identity Center registered this program without a client id");
  }
  const expiresAt = typeof end === "number" && end > 0 && end < 1e11 ? new Date(end * 1000) : undefined;
  return { clientId, clientSecret: new Secret(clientSecret), expiresAt };
}

/** Registers this program. Throws `ISSUER_REFUSED`, `ISSUER_UNREACHABLE`, `RESPONSE_INVALID` and what the network throws. */
export async function registerSsoClient(
  origin: string,
  settings: SsoSettings,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<SsoRegistration> {
  const response = await fetch(`${origin}/client/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(formatRegistration(settings)),
    signal,
  });
  const body = await readJson(response);
  if (response.status !== 200) throw refuse("to register this program", response.status, body);
  return parseRegistration(body);
}

function rename(object: JsonObject, renameKey: (name: string) => string): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [renameKey(name), value]));
}

/** A `fetch` that says OAuth's forms in the service's JSON, and its answers in OAuth's. */
function translateFetch(settings: SsoSettings, fetch: Fetch): Fetch {
  return async (url, request = {}) => {
    const form = new URLSearchParams(request.body instanceof URLSearchParams ? request.body : String(request.body ?? ""));
    const isDeviceStart = new URL(url).pathname === "/device_authorization";
    const { scope: _scope, ...members } = rename(Object.fromEntries(form), toCamelCase);
    const body = JSON.stringify(isDeviceStart ? { ...members, startUrl: settings.startUrl } : members);
    const headers = { accept: "application/json", "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body, signal: request.signal });
    const answer = await readJson(response);
    if (!isJsonObject(answer)) return response.status === 200 ? Response.json({}) : Response.json({}, { status: response.status });
    return Response.json(rename(answer, toSnakeCase), { status: response.status });
  };
}

/** The service as an issuer that the grants of `@kubepass/oauth` can speak to. */
export async function createSsoConnection(
  origin: string,
  settings: SsoSettings,
  registration: SsoRegistration,
  fetch: Fetch,
  host: Host,
): Promise<IssuerConnection> {
  const server = {
    issuer: settings.startUrl,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    device_authorization_endpoint: `${origin}/device_authorization`,
  };
  return {
    issuer: settings.startUrl,
    server,
    client: { client_id: registration.clientId },
    clientAuthentication: await createClientAuthentication({ method: "client_secret_post", secret: registration.clientSecret }, server),
    fetch: translateFetch(settings, fetch),
    isInsecureAllowed: false,
    // No ID token is asked for, and one that came unasked could not be checked.
    keys: {
      find: () => Promise.reject(new CredentialError("KEY_UNKNOWN", "IAM Identity Center publishes no keys")),
      findAgain: () => Promise.resolve(undefined),
    },
    clock: host.clock,
    log: host.log,
  };
}
