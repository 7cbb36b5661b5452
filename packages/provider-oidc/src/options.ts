import type { OptionValues } from "@kubepass/plugin-sdk";
import type {
  ClientOptions,
  EndpointOptions,
  ExchangeAfterSignIn,
  GrantType,
  NetworkOptions,
  OidcOptions,
  PersonOptions,
  TokenKind,
} from "./oidc-options.ts";
import { OptionReader } from "./option-reader.ts";
import { parseGrant, parseTokenType } from "./parse-grant.ts";
import { parseSource } from "./parse-source.ts";
import { tokenTypes } from "./token-types.ts";

export { oidcOptions } from "./option-specs.ts";

const defaultTimeoutSeconds = 180;
// Timers cannot run for longer than 24 days, and end at once when asked to; nobody waits for a browser so long.
const maxTimeoutSeconds = 86_400;
const authorityPem = /-----BEGIN (TRUSTED )?CERTIFICATE-----/;

function parseTokenKind(reader: OptionReader, grant: GrantType): TokenKind {
  const kind = reader.findChoice("token-kind", ["id", "access"] as const);
  const isAccess = reader.isOn("use-access-token");
  if (isAccess && kind === "id") reader.problems.add("use-access-token contradicts token-kind=id");
  if (isAccess) return "access";
  return kind ?? (grant === "client-credentials" ? "access" : "id");
}

function checkPair(reader: OptionReader, one: string, other: string): void {
  if (reader.has(one) !== reader.has(other)) reader.problems.add(`${one} and ${other} need each other`);
}

function parseClient(reader: OptionReader): ClientOptions {
  const choices = ["auto", "none", "basic", "post", "private-key-jwt", "tls"] as const;
  const authentication = reader.findChoice("client-authentication", choices) ?? "auto";
  const client: ClientOptions = {
    authentication,
    secret: parseSource(reader, {
      text: "client-secret",
      file: "client-secret-file",
      command: "client-secret-command",
      stdin: "client-secret-stdin",
    }),
    keyFile: reader.findText("client-key-file"),
    certificateFile: reader.findText("client-certificate-file"),
    certificateKeyFile: reader.findText("client-certificate-key-file"),
  };
  checkPair(reader, "client-certificate-file", "client-certificate-key-file");
  const needed = neededFor(client);
  if (needed !== undefined) reader.problems.add(`client-authentication=${authentication} needs ${needed}`);
  return client;
}

/** What the chosen way lacks. */
function neededFor(client: ClientOptions): string | undefined {
  switch (client.authentication) {
    case "basic":
    case "post":
      return client.secret === undefined ? "a client secret" : undefined;
    case "private-key-jwt":
      return client.keyFile === undefined ? "client-key-file" : undefined;
    case "tls":
      return client.certificateFile === undefined ? "client-certificate-file" : undefined;
    case "auto":
    case "none":
      return undefined;
  }
}

function checkPkce(reader: OptionReader): void {
  const method = reader.findText("pkce-method");
  if (method === undefined || method === "auto" || method === "S256") return;
  reader.problems.add(
    `pkce-method=${method} is refused: every code is protected by S256, which issuers that do not know it ignore; remove the option`,
  );
}

function parsePerson(reader: OptionReader): PersonOptions {
  checkPkce(reader);
  checkPair(reader, "local-server-certificate", "local-server-key");
  const callbackPath = reader.findText("callback-path");
  if (callbackPath !== undefined && !/^\/[\w.~/-]*$/.test(callbackPath)) {
    reader.problems.add("callback-path must begin with / and hold only letters, digits and -._~/");
  }
  const openUrlAfterSignIn = reader.findText("open-url-after-sign-in");
  const redirectUrl = reader.findText("redirect-url");
  reader.checkUrl("open-url-after-sign-in", openUrlAfterSignIn, true);
  if (redirectUrl !== undefined && !URL.canParse(redirectUrl)) reader.problems.add("redirect-url must be a URL");
  const timeoutSeconds = reader.findSeconds("sign-in-timeout") ?? defaultTimeoutSeconds;
  if (timeoutSeconds === 0) reader.problems.add("sign-in-timeout must be more than 0");
  if (timeoutSeconds > maxTimeoutSeconds) reader.problems.add("sign-in-timeout must be at most a day");
  return {
    prompt: reader.findText("prompt"),
    maxAgeSeconds: reader.findSeconds("max-age"),
    redirectUrl,
    ...parseListening(reader),
    callbackPath,
    certificateFile: reader.findText("local-server-certificate"),
    certificateKeyFile: reader.findText("local-server-key"),
    openUrlAfterSignIn,
    timeoutSeconds,
    responseMode: reader.findChoice("response-mode", ["query", "form-post"]),
    pushedAuthorization: reader.findChoice("pushed-authorization", ["auto", "always", "never"]) ?? "auto",
  };
}

const loopbackHosts = ["127.0.0.1", "::1", "localhost"] as const;

/** One `address:port`; `undefined` when it is none. */
function parseAddress(address: string): { readonly host: string; readonly port: number } | undefined {
  const [, host, digits] = /^(\[[0-9a-f:]+\]|[^:]+):(\d{1,5})$/i.exec(address) ?? [];
  const port = Number(digits);
  return host === undefined || port > 65_535 ? undefined : { host: host.replace(/[[\]]/g, ""), port };
}

function parseListening(reader: OptionReader): Pick<PersonOptions, "redirectHost" | "ports"> {
  const given = reader.readWords("listen-address");
  const addresses = given.map(parseAddress).filter((address) => address !== undefined);
  if (addresses.length < given.length) reader.problems.add("each listen-address must be address:port");
  const hosts = new Set(addresses.map((address) => address.host));
  const host = loopbackHosts.find((known) => hosts.has(known));
  if (hosts.size > (host === undefined ? 0 : 1)) {
    reader.problems.add(
      "listen-address must be on one of 127.0.0.1, [::1] or localhost, the same for each port: others on the network could read the code",
    );
  }
  const redirectHost = reader.findChoice("redirect-host", loopbackHosts) ?? host;
  return { redirectHost, ports: addresses.map((address) => address.port) };
}

function parseExchangeAfterSignIn(reader: OptionReader, grant: GrantType): ExchangeAfterSignIn | undefined {
  const audience = reader.findText("exchange-audience");
  if (audience === undefined) return undefined;
  if (grant === "token-exchange") {
    reader.problems.add("exchange-audience is for exchanging after a sign-in; with grant-type=token-exchange use audience");
    return undefined;
  }
  return { audience, subject: reader.findChoice("subject-token-type", ["access", "id"]) ?? "access" };
}

function parseEndpoints(reader: OptionReader, isHttpAllowed: boolean): EndpointOptions {
  const find = (name: string): string | undefined => {
    const url = reader.findText(name);
    reader.checkUrl(name, url, isHttpAllowed);
    return url;
  };
  return {
    discovery: find("discovery-url"),
    authorization: find("authorization-endpoint"),
    token: find("token-endpoint"),
    deviceAuthorization: find("device-authorization-endpoint"),
    pushedAuthorizationRequest: find("pushed-authorization-request-endpoint"),
    jwks: find("jwks-uri"),
    revocation: find("revocation-endpoint"),
    endSession: find("end-session-endpoint"),
  };
}

function parseNetwork(reader: OptionReader, isHttpIssuerAllowed: boolean): NetworkOptions {
  const headers = reader.readMap("request-header");
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      reader.problems.add("request-header has a name or value that HTTP does not allow");
    }
  }
  const certificateAuthorityPems = reader
    .readList("certificate-authority-data")
    .map((text) => Buffer.from(text, "base64").toString("utf8"));
  if (!certificateAuthorityPems.every((pem) => authorityPem.test(pem))) {
    reader.problems.add("certificate-authority-data must be base64 of PEM certificates");
  }
  return {
    headers,
    certificateAuthorityFiles: reader.readList("certificate-authority"),
    certificateAuthorityPems,
    isServerCertificateUnchecked: reader.isOn("insecure-skip-tls-verify"),
    isHttpIssuerAllowed,
  };
}

// Each of these is one of the protections of a sign-in, or belongs to an option of its own.
const ownParameters = [
  "client_id",
  "client_secret",
  "response_type",
  "redirect_uri",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
  "response_mode",
  "scope",
  "grant_type",
  "request",
  "request_uri",
  "assertion",
  "client_assertion",
  "subject_token",
];

function parseExtraParameters(reader: OptionReader): Readonly<Record<string, string>> {
  const parameters = reader.readMap("auth-request-extra-params");
  const refused = Object.keys(parameters).filter((name) => ownParameters.includes(name));
  if (refused.length > 0) reader.problems.add(`auth-request-extra-params must not set ${refused.join(", ")}`);
  return parameters;
}

function sortUnique(words: readonly string[]): readonly string[] {
  return [...new Set(words)].toSorted();
}

/**
 * The options checked and with defaults. Pure: reads no file and runs nothing, so that a cached credential costs neither.
 * Throws one `CONFIG_INVALID` that names every problem.
 */
export function parseOidcOptions(values: OptionValues): OidcOptions {
  const reader = new OptionReader(values);
  const isHttpAllowed = reader.isOn("insecure-allow-http-issuer");
  const issuer = reader.getText("issuer-url");
  reader.checkUrl("issuer-url", issuer, isHttpAllowed);
  const grant = parseGrant(reader);
  const scopes = reader.readWords("extra-scope");
  const tokenKind = parseTokenKind(reader, grant.type);
  const options: OidcOptions = {
    issuer,
    clientId: reader.getText("client-id"),
    grant,
    tokenKind,
    account: reader.findText("account"),
    loginHint: reader.findText("login-hint"),
    extraScopes: sortUnique(scopes.filter((scope) => scope !== "openid" && scope !== "offline_access")),
    isOfflineAccessWanted: !reader.isOn("no-offline-access"),
    isOfflineScopeForced: scopes.includes("offline_access"),
    audience: reader.findText("audience"),
    resources: sortUnique(reader.readList("resource")),
    extraParameters: parseExtraParameters(reader),
    client: parseClient(reader),
    person: parsePerson(reader),
    exchangeAfterSignIn: parseExchangeAfterSignIn(reader, grant.type),
    requestedTokenType: parseTokenType(reader, "requested-token-type", tokenTypes[tokenKind]),
    endpoints: parseEndpoints(reader, isHttpAllowed),
    network: parseNetwork(reader, isHttpAllowed),
    isDpopAllowed: (reader.findChoice("dpop", ["auto", "never"]) ?? "auto") === "auto",
  };
  reader.problems.throwIfAny("see docs/providers/oidc.md for what each option takes");
  return options;
}
