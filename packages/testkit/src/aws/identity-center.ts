import { createHash, randomBytes } from "node:crypto";
import { isJsonObject, type JsonObject } from "@kubepass/wire";
import type { AwsAccounts } from "./aws-accounts.ts";

/** What IAM Identity Center answers: JSON, or a redirect of the browser. */
export interface SsoAnswer {
  readonly status: number;
  readonly body: JsonObject;
  readonly location?: string | undefined;
}

/** How people behave, and what was handed out. */
export interface IdentityCenter {
  /** What the person does with a device code, or in the browser. */
  decision: "approve" | "deny" | "wait";
  /** Access tokens that are good now. */
  readonly accessTokens: Set<string>;
  readonly refreshTokens: Set<string>;
  /** How long access tokens live. */
  tokenLifeSeconds: number;
  /** The role that may be asked for, as `account/name`. */
  readonly roles: Set<string>;
  answerOidc(method: string, url: URL, body: string): SsoAnswer;
  answerPortal(url: URL, bearer: string | undefined, now: Date): SsoAnswer;
}

function refuse(error: string, status = 400): SsoAnswer {
  return { status, body: { error, error_description: `the stand-in says ${error}` } };
}

function parseBody(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function makeToken(): string {
  return randomBytes(24).toString("base64url");
}

interface State {
  readonly clients: Map<string, string>;
  readonly deviceCodes: Set<string>;
  readonly codes: Map<string, { readonly challenge: string; readonly redirectUri: string }>;
}

function isProven(state: State, form: JsonObject): boolean {
  const { clientId, clientSecret } = form;
  return typeof clientId === "string" && clientSecret !== undefined && state.clients.get(clientId) === clientSecret;
}

function textOf(form: JsonObject, name: string): string {
  const value = form[name];
  return typeof value === "string" ? value : "";
}

function isCodeRight(state: State, form: JsonObject): boolean {
  const attempt = state.codes.get(textOf(form, "code"));
  const challenge = createHash("sha256").update(textOf(form, "codeVerifier")).digest("base64url");
  return attempt !== undefined && attempt.challenge === challenge && attempt.redirectUri === form["redirectUri"];
}

function startAuthorization(state: State, url: URL, decision: IdentityCenter["decision"]): SsoAnswer {
  const get = (name: string): string => url.searchParams.get(name) ?? "";
  const redirect = new URL(get("redirect_uri"));
  const isLoopback = redirect.hostname === "127.0.0.1" && redirect.pathname === "/oauth/callback";
  const isWhole = state.clients.has(get("client_id")) && get("code_challenge_method") === "S256" && get("scopes") !== "" && isLoopback;
  if (!isWhole) return refuse("invalid_request");
  const code = makeToken();
  state.codes.set(code, { challenge: get("code_challenge"), redirectUri: get("redirect_uri") });
  if (decision === "deny") redirect.searchParams.set("error", "access_denied");
  else redirect.searchParams.set("code", code);
  redirect.searchParams.set("state", get("state"));
  return { status: 302, body: {}, location: redirect.href };
}

function judgeGrant(state: State, service: IdentityCenter, form: JsonObject): SsoAnswer | undefined {
  if (!isProven(state, form)) return refuse("invalid_client", 401);
  switch (form["grantType"]) {
    case "authorization_code":
      return isCodeRight(state, form) ? undefined : refuse("invalid_grant");
    case "refresh_token":
      return service.refreshTokens.has(textOf(form, "refreshToken")) ? undefined : refuse("invalid_grant");
    case "urn:ietf:params:oauth:grant-type:device_code":
      if (!state.deviceCodes.has(textOf(form, "deviceCode"))) return refuse("invalid_grant");
      if (service.decision === "wait") return refuse("authorization_pending");
      return service.decision === "deny" ? refuse("access_denied") : undefined;
    default:
      return refuse("unsupported_grant_type");
  }
}

function issueTokens(state: State, service: IdentityCenter, form: JsonObject): SsoAnswer {
  const refusal = judgeGrant(state, service, form);
  if (refusal !== undefined) return refusal;
  const [accessToken, refreshToken] = [makeToken(), makeToken()];
  service.accessTokens.add(accessToken);
  service.refreshTokens.add(refreshToken);
  return { status: 200, body: { accessToken, refreshToken, tokenType: "Bearer", expiresIn: service.tokenLifeSeconds } };
}

function register(state: State): SsoAnswer {
  const [clientId, clientSecret] = [makeToken(), makeToken()];
  state.clients.set(clientId, clientSecret);
  const now = Math.floor(Date.now() / 1000);
  return { status: 200, body: { clientId, clientSecret, clientIdIssuedAt: now, clientSecretExpiresAt: now + 90 * 86_400 } };
}

function startDevice(state: State, form: JsonObject): SsoAnswer {
  if (!isProven(state, form) || typeof form["startUrl"] !== "string") return refuse("invalid_client", 401);
  const deviceCode = makeToken();
  state.deviceCodes.add(deviceCode);
  const verificationUri = "https://device.sso.us-west-2.amazonaws.com/";
  return {
    status: 200,
    body: {
      deviceCode,
      userCode: "ABCD-EFGH",
      verificationUri,
      verificationUriComplete: `${verificationUri}?user_code=ABCD-EFGH`,
      expiresIn: 600,
      interval: 1,
    },
  };
}

/** IAM Identity Center with one person, in memory. */
export function createIdentityCenter(accounts: AwsAccounts): IdentityCenter {
  const state: State = { clients: new Map(), deviceCodes: new Set(), codes: new Map() };
  const service: IdentityCenter = {
    decision: "approve",
    accessTokens: new Set(),
    refreshTokens: new Set(),
    roles: new Set(),
    tokenLifeSeconds: 3600,
    answerOidc(method, url, body) {
      const place = `${method} ${url.pathname}`;
      if (place === "GET /authorize") return startAuthorization(state, url, service.decision);
      if (place === "POST /client/register") return register(state);
      if (place === "POST /device_authorization") return startDevice(state, parseBody(body));
      return place === "POST /token" ? issueTokens(state, service, parseBody(body)) : refuse("not_found", 404);
    },
    answerPortal(url, bearer, now) {
      if (bearer === undefined || !service.accessTokens.has(bearer)) {
        return { status: 401, body: { message: "Session token not found or invalid", __type: "UnauthorizedException" } };
      }
      const [accountId, name] = [url.searchParams.get("account_id") ?? "", url.searchParams.get("role_name") ?? ""];
      if (!service.roles.has(`${accountId}/${name}`)) return { status: 403, body: { message: "No access", __type: "ForbiddenException" } };
      const arn = `arn:aws:sts::${accountId}:assumed-role/AWSReservedSSO_${name}_0123456789abcdef/anna@example.com`;
      const expiresAt = new Date(now.getTime() + 3_600_000);
      const key = accounts.addSession({ arn, accountId, userId: `AROAEXAMPLE000000SSO:anna@example.com` }, expiresAt);
      const { accessKeyId, secretAccessKey, sessionToken } = key;
      return { status: 200, body: { roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration: expiresAt.getTime() } } };
    },
  };
  return service;
}
