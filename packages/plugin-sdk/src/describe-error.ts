import { escapeUnprintable, formatPrintable, type CredentialError } from "@kubepass/wire";
import type { HeldWarning } from "./node-host/hold-warnings.ts";

/** An error for a person: the line, and the hint when there is one. */
export function describeError(name: string, error: CredentialError): string {
  const hint = error.hint === undefined ? "" : `${name}: hint: ${formatPrintable(error.hint, 1000)}\n`;
  return `${name}: error: ${error.message} (${error.code})\n${hint}`;
}

/**
 * An error for a program: one line of JSON with a versioned shape, `reason: login_required` where a person must act, and the
 * warnings that came before it, if it is to be the only line.
 */
export function formatErrorJson(error: CredentialError, warnings: readonly HeldWarning[] = []): string {
  const json = JSON.stringify({
    apiVersion: "kubepass.dev/v1",
    kind: "Error",
    code: error.code,
    reason: error.code.toLowerCase(),
    message: error.message,
    problems: error.problems,
    hint: error.hint,
    issuerError: error.issuerError,
    retryable: error.retryable,
    exitCode: error.exitCode,
    warnings: warnings.length === 0 ? undefined : warnings,
  });
  return `${escapeUnprintable(json, "json")}\n`;
}
