import { CredentialError, formatPrintable, isJsonObject, type JsonObject } from "@kubepass/wire";

const hints: Readonly<Record<string, string>> = {
  invalid_client: "check the client id, the client secret and how the client authenticates",
  unauthorized_client: "allow this grant for the client at the issuer",
  invalid_scope: "check the scopes that are asked for",
  unsupported_grant_type: "choose another grant, or allow this one at the issuer",
  invalid_target: "check the audience or resource that is asked for",
  access_denied: "sign in again and allow the access, or ask the issuer's administrator",
};

// RFC 6749 §4.1.2.1; some token endpoints use them as well.
const passingErrors: ReadonlySet<string> = new Set(["server_error", "temporarily_unavailable"]);

// A description may echo what was sent; what looks like a token or code is not repeated (S41).
const tokenLike = /[\w.~+/=-]{40,}/g;

function describe(body: JsonObject): string {
  const description = body["error_description"];
  return typeof description === "string" && description !== "" ? `: ${formatPrintable(description.replace(tokenLike, "[...]"))}` : "";
}

function formatErrorCode(error: string): string {
  return formatPrintable(error.replace(tokenLike, "[...]"), 60);
}

async function readObject(response: Response): Promise<JsonObject | undefined> {
  try {
    const value: unknown = JSON.parse(await response.text());
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Judges the members of an OAuth error (RFC 6749 §5.2), from a body or from a redirect. Pure.
 * Gives `SIGN_IN_DENIED`, `ISSUER_UNREACHABLE` (retryable) or `ISSUER_REFUSED`, always with the issuer's own code.
 */
export function createOAuthError(body: JsonObject, error: string): CredentialError {
  const issuerError = formatErrorCode(error);
  const reason = `${issuerError}${describe(body)}`;
  const hint = Object.hasOwn(hints, error) ? hints[error] : undefined;
  if (error === "access_denied")
    return new CredentialError("SIGN_IN_DENIED", `the issuer says the access was denied (${reason})`, { issuerError, hint });
  if (passingErrors.has(error)) {
    return new CredentialError("ISSUER_UNREACHABLE", `the issuer cannot answer now (${reason})`, {
      issuerError,
      retryable: true,
      hint: "try again later",
    });
  }
  return new CredentialError("ISSUER_REFUSED", `the issuer refused the request (${reason})`, { issuerError, hint });
}

/**
 * The error that an answer other than success stands for. Reads the body.
 * `ISSUER_UNREACHABLE` (retryable) for 5xx and 429, whatever they say (S30); `SIGN_IN_DENIED` for access_denied;
 * `ISSUER_REFUSED` with the issuer's code in `issuerError` for other OAuth errors; `RESPONSE_INVALID` for anything else.
 */
export async function judgeOAuthError(response: Response): Promise<CredentialError> {
  const { status } = response;
  const body = (await readObject(response)) ?? {};
  const error = typeof body["error"] === "string" ? body["error"] : "";
  if (status >= 500 || status === 429) {
    const reason = error === "" ? "" : ` (${formatErrorCode(error)}${describe(body)})`;
    return new CredentialError("ISSUER_UNREACHABLE", `the issuer answered with status ${status}${reason}`, {
      retryable: true,
      hint: status === 429 ? "the issuer asks for fewer requests: try again later" : "the issuer is overloaded or broken: try again later",
    });
  }
  if (error !== "") return createOAuthError(body, error);
  const what = status >= 300 && status < 400 ? "a redirect, which is not followed" : "something that is no OAuth answer";
  return new CredentialError("RESPONSE_INVALID", `the issuer answered with status ${status} and ${what}`, {
    hint: "check the endpoints of the issuer, and whether a proxy or login page stands in between",
  });
}
