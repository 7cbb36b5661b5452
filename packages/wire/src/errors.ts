import { formatPrintable } from "./printable.ts";

/** What a code means for the caller: the exit code of the executable, and one sentence for docs/errors.md. */
export interface ErrorMeaning {
  readonly exitCode: number;
  readonly meaning: string;
}

/**
 * Every stable error code. Public API: add freely, never rename.
 * docs/errors.md is generated from this table by `npm run docs:errors`.
 */
export const errorCatalogue = {
  USAGE_INVALID: { exitCode: 2, meaning: "the command line has an unknown command or flag, or a flag without its value" },
  CONFIG_INVALID: { exitCode: 2, meaning: "an option is missing, contradictory or malformed; all problems are reported together" },
  EXEC_INFO_INVALID: { exitCode: 2, meaning: "KUBERNETES_EXEC_INFO is not JSON or asks for a version that is not supported" },
  FILE_UNREADABLE: { exitCode: 2, meaning: "a file named in an option cannot be read or does not hold what it should" },
  SOURCE_FAILED: {
    exitCode: 1,
    meaning: "where credentials should come from (a profile, its process, a container, the metadata service) has none, or ended ones",
  },
  CLOCK_SKEWED: { exitCode: 1, meaning: "AWS refused a signature, and this machine's clock is more than five minutes off" },
  SECRET_COMMAND_FAILED: { exitCode: 2, meaning: "the command that should print a client secret failed or printed nothing" },
  GRANT_UNSUPPORTED: { exitCode: 2, meaning: "the issuer does not offer the grant or endpoint that was asked for" },
  LOGIN_REQUIRED: { exitCode: 3, meaning: "a person has to sign in, and this process may not or cannot ask one" },
  SIGN_IN_DENIED: { exitCode: 4, meaning: "the person or the issuer refused the sign-in" },
  SIGN_IN_TIMEOUT: { exitCode: 4, meaning: "nobody completed the sign-in in time" },
  CANCELLED: { exitCode: 4, meaning: "the person cancelled at the terminal" },
  INTERRUPTED: { exitCode: 130, meaning: "the process was told to stop by Ctrl-C or a termination signal" },
  ISSUER_UNREACHABLE: {
    exitCode: 5,
    meaning: "the issuer could not be reached, did not answer in time, or answered that it is overloaded or broken",
  },
  TLS_UNTRUSTED: { exitCode: 5, meaning: "the certificate of the issuer or proxy is not trusted, expired, or for another name" },
  PROXY_FAILED: { exitCode: 5, meaning: "the HTTP or SOCKS proxy refused or broke the connection" },
  ISSUER_INVALID: {
    exitCode: 1,
    meaning: "the issuer's discovery document or keys are missing, malformed, too large, or name another issuer",
  },
  ISSUER_REFUSED: { exitCode: 1, meaning: "the issuer answered a request with an OAuth error" },
  RESPONSE_INVALID: { exitCode: 1, meaning: "an answer of the issuer lacks something or is malformed" },
  TOKEN_INVALID: { exitCode: 1, meaning: "a token failed verification: signature, algorithm, issuer, audience, nonce or hash" },
  TOKEN_TIME_INVALID: { exitCode: 1, meaning: "a token is expired or not yet valid by this machine's clock" },
  KEY_UNKNOWN: { exitCode: 1, meaning: "a token is signed by a key that the issuer does not publish" },
  REDIRECT_INVALID: { exitCode: 1, meaning: "a pasted redirect URL or code does not belong to this sign-in" },
  PORT_UNAVAILABLE: { exitCode: 1, meaning: "no port of the configured list is free for the loopback server" },
  IDENTITY_CHANGED: {
    exitCode: 6,
    meaning: "the issuer, or a kubeconfig that was changed, answered for another person than the one the credential was for",
  },
  POLICY_REFUSED: { exitCode: 6, meaning: "the request would break a safety rule, such as an issuer without https" },
  STORE_UNSAFE: { exitCode: 6, meaning: "a file or folder of the store is a link, belongs to somebody else, or is open to others" },
  STORE_UNWRITABLE: { exitCode: 1, meaning: "a file of the store cannot be written; the credential is still printed" },
  SESSION_CORRUPT: { exitCode: 1, meaning: "a stored session cannot be read back" },
  KEYRING_UNAVAILABLE: { exitCode: 1, meaning: "the keyring is absent, locked, or did not answer in time" },
  LOCK_TIMEOUT: { exitCode: 1, meaning: "another process kept the sign-in of the same identity for too long" },
  TOKEN_REVIEW_INVALID: { exitCode: 1, meaning: "a request or answer of a token webhook is no TokenReview of a version that is spoken" },
  SERVE_FAILED: { exitCode: 1, meaning: "the server could not listen on its address" },
  CREDENTIAL_INVALID: { exitCode: 1, meaning: "a provider returned a credential that Kubernetes cannot use" },
  PLUGIN_NOT_FOUND: { exitCode: 2, meaning: "the credential plugin that a kubeconfig names is not installed or cannot be started" },
  PLUGIN_FAILED: { exitCode: 1, meaning: "a credential plugin ended with an error, was ended by a signal, or did not answer in time" },
  AUTH_PROVIDER_UNSUPPORTED: { exitCode: 2, meaning: "a user entry has an auth-provider that was removed from Kubernetes or is not known" },
  CLUSTER_UNREACHABLE: { exitCode: 5, meaning: "the API server could not be reached, or the connection to it broke" },
  CLUSTER_UNAUTHORIZED: { exitCode: 1, meaning: "the API server does not accept the credential: it does not know who is asking (401)" },
  CLUSTER_FORBIDDEN: { exitCode: 1, meaning: "the API server knows who is asking and does not allow it (403)" },
  OUTPUT_FAILED: { exitCode: 1, meaning: "the credential could not be written to standard output" },
  CONVERSION_INCOMPLETE: { exitCode: 7, meaning: "users of the kubeconfig that were to be converted stay as they were" },
  SIGN_OUT_INCOMPLETE: { exitCode: 7, meaning: "something was removed only here and stays valid at the issuer" },
  KUBECONFIG_INVALID: {
    exitCode: 2,
    meaning: "a kubeconfig is neither YAML nor JSON, or holds a value, version or repeated name that kubectl would refuse too",
  },
  KUBECONFIG_UNUSABLE: {
    exitCode: 2,
    meaning: "the selected context, cluster or user is missing, incomplete or contradictory; all problems are reported together",
  },
  KUBECONFIG_EMPTY: { exitCode: 2, meaning: "no kubeconfig says which API server to use, and this is not a pod" },
  KUBECONFIG_LOCKED: { exitCode: 1, meaning: "another program kept the lock file of a kubeconfig for too long" },
  KUBECONFIG_UNWRITABLE: { exitCode: 1, meaning: "a kubeconfig cannot be written; it is as it was" },
  NOT_IN_CLUSTER: { exitCode: 2, meaning: "the in-cluster configuration was asked for outside of a pod" },
  AWS_CALL_FAILED: { exitCode: 5, meaning: "a service of AWS refused or failed a call that the server made for itself" },
  INTERNAL: { exitCode: 1, meaning: "a defect in kubepass; please report it" },
} as const satisfies Record<string, ErrorMeaning>;

/** A code of the catalogue, or a plugin author's own (own codes carry a prefix, as in `ACME_QUOTA`). */
export type CredentialErrorCode = keyof typeof errorCatalogue | (string & {});

/** Facts that a caller can act on, beside the code. */
export interface CredentialErrorOptions {
  /** What to do next, as a command or a setting. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** The issuer's own OAuth error code (RFC 6749 §5.2), already fit for a terminal. */
  readonly issuerError?: string | undefined;
  /** True when the same call may succeed later without any change. */
  readonly retryable?: boolean | undefined;
  /** Several problems that are told together; the message is only how they are introduced, as in `the file is refused:`. */
  readonly problems?: readonly string[] | undefined;
  /** Tells problems as programs in Go do, `[a, b]`, and not `a; b`. */
  readonly areProblemsBracketed?: boolean | undefined;
}

const maxMessageLength = 1000;
// A hostile file may have any number of them.
const maxProblems = 64;

function listProblems(problems: readonly string[]): readonly string[] {
  const told = problems.slice(0, maxProblems).map((problem) => formatPrintable(problem, maxMessageLength));
  const rest = problems.length - told.length;
  return rest > 0 ? [...told, `and ${rest} more`] : told;
}

function formatMessage(message: string, problems: readonly string[], areBracketed: boolean): string {
  const joined = areBracketed && problems.length > 1 ? `[${problems.join(", ")}]` : problems.join("; ");
  return [formatPrintable(message, maxMessageLength), joined].filter((part) => part !== "").join(" ");
}

/** The one error class of kubepass: a stable code, one line, a hint when the user can act. Never holds a secret. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";
  readonly code: CredentialErrorCode;
  readonly hint: string | undefined;
  readonly issuerError: string | undefined;
  readonly retryable: boolean;
  /** Each of several problems that are told together; the last one may say how many more there are. */
  readonly problems: readonly string[] | undefined;

  constructor(code: CredentialErrorCode, message: string, options: CredentialErrorOptions = {}) {
    const problems = listProblems(options.problems ?? []);
    super(
      formatMessage(message, problems, options.areProblemsBracketed ?? false),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.problems = options.problems && problems;
    this.code = code;
    this.hint = options.hint;
    this.issuerError = options.issuerError;
    this.retryable = options.retryable ?? false;
  }

  /** The exit code of the executable for this error (docs/errors.md); 1 for codes of other plugins. */
  get exitCode(): number {
    const known: Readonly<Record<string, ErrorMeaning>> = errorCatalogue;
    return Object.hasOwn(known, this.code) ? (known[this.code]?.exitCode ?? 1) : 1;
  }
}

/** True for a {@link CredentialError}, and for one with the given code when a code is given. */
export function isCredentialError(error: unknown, code?: CredentialErrorCode): error is CredentialError {
  return error instanceof CredentialError && (code === undefined || error.code === code);
}

/** Any thrown value as a {@link CredentialError}; what is not one is a defect and becomes `INTERNAL`. */
export function toCredentialError(error: unknown): CredentialError {
  if (error instanceof CredentialError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new CredentialError("INTERNAL", `unexpected failure: ${message}`, {
    cause: error,
    hint: "this is a defect: please report it with the output of the same command and -vv",
  });
}

/** The code that the system gives an error of files, sockets and processes, such as `ENOENT`; `undefined` for other values. */
export function findSystemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
