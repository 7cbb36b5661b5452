import { CredentialError, formatPrintable, isJsonObject, type JsonObject, Secret } from "@kubepass/wire";

/** What the device authorization endpoint answers (RFC 8628 §3.2). */
export interface DeviceAuthorization {
  readonly deviceCode: Secret;
  /** Fit for a terminal. */
  readonly userCode: string;
  readonly verificationUrl: string;
  /** With the code filled in. */
  readonly completeUrl: string | undefined;
  readonly expiresInSeconds: number;
  readonly intervalSeconds: number;
}

/** What an answer to a poll means. `isPassing`: the same poll may succeed later. */
export type DeviceAnswer =
  | { readonly kind: "granted" }
  | { readonly kind: "pending" }
  | { readonly kind: "slow-down" }
  | { readonly kind: "denied"; readonly description: string | undefined }
  | { readonly kind: "expired" }
  | { readonly kind: "unusable"; readonly issuerError: string; readonly isPassing: boolean };

const defaultIntervalSeconds = 5;
const defaultExpirySeconds = 600;
// Nobody is waited for longer, and no timer takes much more.
const longestSeconds = 86_400;

function invalid(what: string): CredentialError {
  return new CredentialError("RESPONSE_INVALID", `the issuer's answer to the device code request ${what}`);
}

function getText(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== "string" || value === "") throw invalid(`has no ${name}`);
  return value;
}

function findSeconds(body: JsonObject, name: string): number | undefined {
  const seconds = Number(body[name] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, longestSeconds) : undefined;
}

function parsePageUrl(value: unknown, name: string, isInsecureAllowed: boolean): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  // It may be opened by the operating system: another scheme could start any program.
  const isWeb = url?.protocol === "https:" || (url?.protocol === "http:" && isInsecureAllowed);
  if (url === undefined || !isWeb) throw invalid(`has no https URL as ${name}`);
  return url.href;
}

/**
 * Reads the answer of the device authorization endpoint. Google's older `verification_url` is taken too.
 * Throws `RESPONSE_INVALID`.
 */
export function parseDeviceAuthorization(body: unknown, isInsecureAllowed: boolean): DeviceAuthorization {
  if (!isJsonObject(body)) throw invalid("is not a JSON object");
  const complete = body["verification_uri_complete"] ?? undefined;
  const userCode = formatPrintable(getText(body, "user_code"), 64);
  if (userCode === "") throw invalid("has no readable user_code");
  return {
    deviceCode: new Secret(getText(body, "device_code")),
    userCode,
    verificationUrl: parsePageUrl(body["verification_uri"] ?? body["verification_url"], "verification_uri", isInsecureAllowed),
    completeUrl: complete === undefined ? undefined : parsePageUrl(complete, "verification_uri_complete", isInsecureAllowed),
    expiresInSeconds: findSeconds(body, "expires_in") ?? defaultExpirySeconds,
    intervalSeconds: Math.max(1, findSeconds(body, "interval") ?? defaultIntervalSeconds),
  };
}

const answersByError: Readonly<Record<string, DeviceAnswer>> = {
  authorization_pending: { kind: "pending" },
  slow_down: { kind: "slow-down" },
  expired_token: { kind: "expired" },
};

function findPrintable(body: unknown, name: string): string | undefined {
  const value = isJsonObject(body) ? body[name] : undefined;
  return typeof value === "string" ? formatPrintable(value) : undefined;
}

/** Decides what an answer of the token endpoint to a poll means (RFC 8628 §3.5). Pure; `body` is its parsed JSON. */
export function judgeDeviceAnswer(status: number, body: unknown): DeviceAnswer {
  if (status >= 200 && status < 300) return { kind: "granted" };
  const error = findPrintable(body, "error") ?? `status ${status}`;
  if (error === "access_denied") return { kind: "denied", description: findPrintable(body, "error_description") };
  const answer = Object.hasOwn(answersByError, error) ? answersByError[error] : undefined;
  const isPassing = status === 429 || status >= 500 || error === "temporarily_unavailable";
  return answer ?? { kind: "unusable", issuerError: error, isPassing };
}
