import { createHash, timingSafeEqual } from "node:crypto";
import { CredentialError, formatPrintable, Secret } from "@kubepass/wire";

/** The parameters of an authorization response (RFC 6749 §4.1.2), from a query or a form. Nothing is checked yet. */
export interface CallbackParameters {
  readonly code?: Secret | undefined;
  readonly state?: string | undefined;
  readonly issuer?: string | undefined;
  readonly error?: string | undefined;
  readonly errorDescription?: string | undefined;
  /** Names that came more than once, which RFC 6749 §3.1 forbids. */
  readonly repeated: readonly string[];
}

/** What an authorization response has to match. */
export interface ExpectedCallback {
  readonly state: string;
  /** The `issuer` of the discovery document. */
  readonly issuer: string;
  /** The issuer promises `iss` in each response (RFC 9207 §3). */
  readonly isIssuerRequired: boolean;
}

/** `stray` belongs to another sign-in, or to an attacker, and must change nothing; the others end this one. */
export type CallbackJudgement =
  | { readonly kind: "stray"; readonly reason: string }
  | { readonly kind: "code"; readonly code: Secret }
  | { readonly kind: "refused"; readonly error: string; readonly description: string | undefined }
  | { readonly kind: "unusable"; readonly reason: string };

const knownNames = ["code", "state", "iss", "error", "error_description"] as const;

/** Reads a query (without `?`) or a form body. Never throws: whatever comes is judged by {@link judgeCallback}. */
export function parseCallback(text: string): CallbackParameters {
  const parameters = new URLSearchParams(text);
  const find = (name: string): string | undefined => {
    const value = parameters.get(name);
    return value === null || value === "" ? undefined : value;
  };
  const code = find("code");
  return {
    code: code === undefined ? undefined : new Secret(code),
    state: find("state"),
    issuer: find("iss"),
    error: find("error"),
    errorDescription: find("error_description"),
    repeated: knownNames.filter((name) => parameters.getAll(name).length > 1),
  };
}

function isSameText(left: string, right: string): boolean {
  // Hashing first gives equal lengths, so that neither content nor length shows in the time taken.
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

function findStateProblem(parameters: CallbackParameters, expected: ExpectedCallback): string | undefined {
  if (parameters.state === undefined) return "it carries no state";
  if (parameters.repeated.includes("state")) return "it carries more than one state";
  return isSameText(parameters.state, expected.state) ? undefined : "its state is of another sign-in";
}

/**
 * Decides what an authorization response means. The state comes first, for errors too: without it nothing that
 * a foreign page sends can end the sign-in. Then `iss` (RFC 9207 §2.4), before the code is looked at.
 */
export function judgeCallback(parameters: CallbackParameters, expected: ExpectedCallback): CallbackJudgement {
  const problem = findStateProblem(parameters, expected);
  if (problem !== undefined) return { kind: "stray", reason: problem };
  const [repeated] = parameters.repeated;
  if (repeated !== undefined) return { kind: "unusable", reason: `it carries ${repeated} more than once` };
  if (parameters.issuer !== undefined && parameters.issuer !== expected.issuer) {
    return { kind: "unusable", reason: `it comes from the issuer ${formatPrintable(parameters.issuer)} instead of ${expected.issuer}` };
  }
  if (parameters.error !== undefined) return { kind: "refused", error: parameters.error, description: parameters.errorDescription };
  if (parameters.issuer === undefined && expected.isIssuerRequired) {
    return { kind: "unusable", reason: `it does not name its issuer (iss), which ${expected.issuer} promises to do` };
  }
  if (parameters.code === undefined) return { kind: "unusable", reason: "it carries neither a code nor an error" };
  return { kind: "code", code: parameters.code };
}

/**
 * The code of a response that ends the sign-in. Throws `SIGN_IN_DENIED` for `access_denied`, `ISSUER_REFUSED` for
 * any other OAuth error, `RESPONSE_INVALID` for a response that cannot be used.
 */
export function takeCode(judgement: Exclude<CallbackJudgement, { readonly kind: "stray" }>): Secret {
  if (judgement.kind === "code") return judgement.code;
  if (judgement.kind === "unusable") {
    throw new CredentialError("RESPONSE_INVALID", `the answer to the sign-in cannot be used: ${judgement.reason}`, {
      hint: "sign in again; if it stays so, the administrator of the issuer has to look at it",
    });
  }
  const issuerError = formatPrintable(judgement.error, 100);
  const description = judgement.description === undefined ? "" : `: ${formatPrintable(judgement.description)}`;
  if (judgement.error === "access_denied") {
    throw new CredentialError("SIGN_IN_DENIED", `the sign-in was denied${description}`, {
      issuerError,
      hint: "sign in again, or ask for access to this client",
    });
  }
  throw new CredentialError("ISSUER_REFUSED", `the issuer refused the sign-in with ${issuerError}${description}`, {
    issuerError,
    hint: "check client id, scopes and redirect URL against what the issuer has registered",
  });
}
