import { createHash, randomBytes } from "node:crypto";
import type { JWK } from "jose";
import { escapeHtml } from "../issuer/pages.ts";
import { issuerPaths, type IssuerEndpoint } from "../issuer/request-counts.ts";
import type { SecretList } from "../issuer/secret-list.ts";
import { formatOAuthError, type FaultyAnswer } from "./faulty-answer.ts";
import type { FaultyIssuer, FaultyRequest } from "./faulty-issuer.ts";

/** What is remembered between requests. */
export interface Memory {
  /** The authorization request of each code that was not used yet. */
  readonly codes: Map<string, URLSearchParams>;
  readonly refreshTokens: Set<string>;
  readonly deviceCodes: Set<string>;
  /** Pushed authorization requests by their `request_uri`. */
  readonly pushed: Map<string, URLSearchParams>;
}

/** What an answer is made of. */
export interface AnswerSources {
  readonly issuer: FaultyIssuer;
  readonly memory: Memory;
  readonly secrets: SecretList;
  readonly keys: readonly JWK[];
}

type Answerer = (request: FaultyRequest, sources: AnswerSources) => FaultyAnswer | Promise<FaultyAnswer>;

const grants = "urn:ietf:params:oauth:grant-type:";
const grantsWithIdToken = ["authorization_code", "refresh_token", "password", `${grants}device_code`, `${grants}jwt-bearer`];

function removeUndefined(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function describeDiscovery({ url, metadata }: FaultyIssuer): FaultyAnswer {
  const at = (endpoint: IssuerEndpoint): string => `${url}${issuerPaths[endpoint]}`;
  const document = {
    issuer: url,
    authorization_endpoint: at("authorization"),
    token_endpoint: at("token"),
    jwks_uri: at("keys"),
    userinfo_endpoint: at("userInfo"),
    revocation_endpoint: at("revocation"),
    introspection_endpoint: at("introspection"),
    device_authorization_endpoint: at("deviceAuthorization"),
    pushed_authorization_request_endpoint: at("pushedAuthorization"),
    end_session_endpoint: at("endSession"),
    response_types_supported: ["code"],
    response_modes_supported: ["query", "form_post"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
    scopes_supported: ["openid", "offline_access", "email", "groups"],
    grant_types_supported: [...grantsWithIdToken, "client_credentials", `${grants}token-exchange`],
    token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    ...metadata,
  };
  return { body: removeUndefined(document) };
}

function createToken(sources: AnswerSources, prefix: string): string {
  return sources.secrets.add(`${prefix}-${randomBytes(24).toString("base64url")}`);
}

const answerAuthorization: Answerer = ({ query }, sources) => {
  const asked = sources.memory.pushed.get(query.get("request_uri") ?? "") ?? query;
  const code = createToken(sources, "code");
  sources.memory.codes.set(code, asked);
  const { issuer } = sources;
  const usual = { code, state: asked.get("state") ?? undefined, iss: issuer.url, ...issuer.callback };
  const parameters = Object.entries(usual).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));
  const target = asked.get("redirect_uri") ?? "";
  if (!URL.canParse(target)) return { status: 400, body: "no redirect_uri" };
  if (asked.get("response_mode") === "form_post") {
    const inputs = parameters.map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`);
    return { body: `<!doctype html><form method="post" action="${escapeHtml(target)}">${inputs.join("")}<button>Continue</button></form>` };
  }
  const location = new URL(target);
  for (const [name, value] of parameters) location.searchParams.set(name, value);
  return { status: 303, headers: { location: location.href } };
};

function findClientId({ form, headers }: FaultyRequest, asked: URLSearchParams | undefined): string {
  const [, basic = ""] = headers.authorization?.split(" ") ?? [];
  const [basicId = ""] = Buffer.from(basic, "base64").toString("utf8").split(":");
  return asked?.get("client_id") ?? form.get("client_id") ?? (basicId === "" ? "kubepass" : decodeURIComponent(basicId));
}

async function issueSession(
  request: FaultyRequest,
  sources: AnswerSources,
  nonce: string | null | undefined,
  clientId: string,
): Promise<object> {
  const { issuer, memory } = sources;
  if (!grantsWithIdToken.includes(request.form.get("grant_type") ?? "")) return {};
  const refreshToken = createToken(sources, "refresh");
  memory.refreshTokens.add(refreshToken);
  const claims = { aud: clientId, ...(typeof nonce === "string" ? { nonce } : {}) };
  const idToken = await issuer.mintIdToken({ fault: issuer.idTokenFault, claims });
  return { refresh_token: refreshToken, ...(idToken === "" ? {} : { id_token: idToken }) };
}

async function issueTokens(request: FaultyRequest, sources: AnswerSources, asked?: URLSearchParams): Promise<FaultyAnswer> {
  const { issuer } = sources;
  const session = await issueSession(request, sources, asked?.get("nonce"), findClientId(request, asked));
  const tokens = { access_token: createToken(sources, "access"), token_type: "Bearer", expires_in: issuer.lifetimeSeconds };
  return { body: removeUndefined({ ...tokens, ...session, ...issuer.tokens }) };
}

async function redeemCode(request: FaultyRequest, sources: AnswerSources): Promise<FaultyAnswer> {
  const code = request.form.get("code") ?? "";
  const asked = sources.memory.codes.get(code);
  sources.memory.codes.delete(code);
  if (asked === undefined) return formatOAuthError("invalid_grant", "the code is unknown or was used");
  const challenge = createHash("sha256")
    .update(request.form.get("code_verifier") ?? "")
    .digest("base64url");
  if (challenge !== asked.get("code_challenge")) return formatOAuthError("invalid_grant", "the code verifier does not fit");
  return await issueTokens(request, sources, asked);
}

async function refresh(request: FaultyRequest, sources: AnswerSources): Promise<FaultyAnswer> {
  const token = request.form.get("refresh_token") ?? "";
  if (!sources.memory.refreshTokens.has(token)) return formatOAuthError("invalid_grant", "the refresh token is unknown or was used");
  if (sources.issuer.isRefreshTokenRotated) sources.memory.refreshTokens.delete(token);
  return await issueTokens(request, sources);
}

async function pollDevice(request: FaultyRequest, sources: AnswerSources): Promise<FaultyAnswer> {
  const code = request.form.get("device_code") ?? "";
  if (!sources.memory.deviceCodes.has(code)) return formatOAuthError("expired_token");
  if (!sources.issuer.isDeviceApproved) return formatOAuthError("authorization_pending");
  sources.memory.deviceCodes.delete(code);
  return await issueTokens(request, sources);
}

async function exchange({ form }: FaultyRequest, { issuer, secrets }: AnswerSources): Promise<FaultyAnswer> {
  const audience = form.get("audience") ?? "kubepass";
  const token = secrets.add(await issuer.mintIdToken({ fault: issuer.idTokenFault, claims: { aud: audience } }));
  const type = form.get("requested_token_type") ?? "urn:ietf:params:oauth:token-type:access_token";
  const body = { access_token: token, issued_token_type: type, token_type: "N_A", expires_in: issuer.lifetimeSeconds };
  return { body: removeUndefined({ ...body, ...issuer.tokens }) };
}

const answerToken: Answerer = async (request, sources) => {
  switch (request.form.get("grant_type")) {
    case "authorization_code":
      return await redeemCode(request, sources);
    case "refresh_token":
      return await refresh(request, sources);
    case `${grants}device_code`:
      return await pollDevice(request, sources);
    case `${grants}token-exchange`:
      return await exchange(request, sources);
    default:
      return await issueTokens(request, sources);
  }
};

const answerDevice: Answerer = (_request, sources) => {
  const deviceCode = createToken(sources, "device");
  sources.memory.deviceCodes.add(deviceCode);
  const verificationUrl = `${sources.issuer.url}${issuerPaths.deviceVerification}`;
  return {
    body: {
      device_code: deviceCode,
      user_code: "WDJB-MJHT",
      verification_uri: verificationUrl,
      verification_uri_complete: `${verificationUrl}?user_code=WDJB-MJHT`,
      expires_in: 600,
      interval: 1,
    },
  };
};

const answerPushed: Answerer = ({ form }, { memory }) => {
  const requestUri = `urn:ietf:params:oauth:request_uri:${randomBytes(12).toString("base64url")}`;
  memory.pushed.set(requestUri, form);
  return { status: 201, body: { request_uri: requestUri, expires_in: 60 } };
};

const answerers: Readonly<Record<IssuerEndpoint, Answerer>> = {
  discovery: (_request, { issuer }) => describeDiscovery(issuer),
  keys: (_request, { keys }) => ({ body: { keys } }),
  authorization: answerAuthorization,
  pushedAuthorization: answerPushed,
  token: answerToken,
  userInfo: (_request, { issuer }) => ({ body: { sub: issuer.subject } }),
  revocation: ({ form }, { memory }) => {
    memory.refreshTokens.delete(form.get("token") ?? "");
    return { body: "" };
  },
  introspection: ({ form }, { memory }) => ({ body: { active: memory.refreshTokens.has(form.get("token") ?? "") } }),
  deviceAuthorization: answerDevice,
  deviceVerification: () => ({ body: "<!doctype html><title>Connect a device</title>" }),
  endSession: () => ({ body: "<!doctype html><title>Signed out</title>" }),
};

/** What an issuer without faults answers. */
export async function answerUsually(request: FaultyRequest, sources: AnswerSources): Promise<FaultyAnswer> {
  return await answerers[request.endpoint](request, sources);
}
