import { join } from "node:path";
import { readPrivateFile, removePrivateFile, writePrivateFile } from "@kubepass/storage";
import { CredentialError, isCredentialError, isJsonObject, type JsonObject } from "@kubepass/wire";
import type { Host } from "./host.ts";

/** A failed sign-in that is not repeated for a short time, because kubectl starts a failing plugin five times. */
export interface RememberedFailure {
  readonly at: Date;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** What the sign-in was tried with, where the provider says so: with something else it is tried at once. */
  readonly sourceFingerprint?: string | undefined;
}

/** What is remembered of asking a person for one identity. */
export interface Attempts {
  /** Prompts in a row that nobody answered. */
  readonly unanswered: number;
  readonly failure: RememberedFailure | undefined;
}

/** After so many unanswered prompts no window opens until the person acts. */
export const maxUnansweredPrompts = 3;

const failureMemoryMs = 10_000;
const transientFailureMemoryMs = 3_000;
const transientCodes = new Set(["ISSUER_UNREACHABLE", "PROXY_FAILED"]);
const none: Attempts = { unanswered: 0, failure: undefined };

function attemptsPath(host: Host, key: string): string {
  return join(host.directories.runtime, "attempts", `${key}.json`);
}

function findText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function parseFailure(value: JsonObject): RememberedFailure | undefined {
  const { at, code, message, hint, sourceFingerprint } = value;
  if (typeof at !== "string" || typeof code !== "string" || typeof message !== "string") return undefined;
  const instant = new Date(at);
  if (Number.isNaN(instant.getTime())) return undefined;
  return { at: instant, code, message, hint: findText(hint), sourceFingerprint: findText(sourceFingerprint) };
}

function parseAttempts(text: string): Attempts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return none;
  }
  if (!isJsonObject(value)) return none;
  const { unanswered, failure } = value;
  return {
    unanswered: typeof unanswered === "number" && Number.isInteger(unanswered) && unanswered > 0 ? unanswered : 0,
    failure: isJsonObject(failure) ? parseFailure(failure) : undefined,
  };
}

/** What is remembered for a key; nothing when the store cannot be used. Throws `STORE_UNSAFE`. */
export function readAttempts(host: Host, key: string): Attempts {
  const text = readPrivateFile(attemptsPath(host, key), host.environment.userId);
  return text === undefined ? none : parseAttempts(text);
}

/** Keeps what should be remembered; a store that cannot be written is a warning. */
export function writeAttempts(host: Host, key: string, attempts: Attempts): void {
  const { failure } = attempts;
  const text = JSON.stringify({
    version: 1,
    unanswered: attempts.unanswered,
    failure: failure === undefined ? undefined : { ...failure, at: failure.at.toISOString() },
  });
  try {
    if (attempts.unanswered === 0 && failure === undefined) removePrivateFile(attemptsPath(host, key));
    else writePrivateFile(attemptsPath(host, key), text, host.environment.userId);
  } catch (error) {
    if (!isCredentialError(error, "STORE_UNWRITABLE")) throw error;
    host.log.warn("cannot remember this sign-in attempt", { code: error.code, reason: error.message });
  }
}

/** The failure to repeat without trying, while it is recent and the credential would be made from the same; pure. */
export function judgeRecentFailure(attempts: Attempts, now: Date, sourceFingerprint?: string): CredentialError | undefined {
  const { failure } = attempts;
  // Whoever has just mended a profile or a key wants to see whether it works.
  if (failure === undefined || failure.sourceFingerprint !== sourceFingerprint) return undefined;
  const ageMs = now.getTime() - failure.at.getTime();
  const memoryMs = transientCodes.has(failure.code) ? transientFailureMemoryMs : failureMemoryMs;
  if (ageMs < 0 || ageMs > memoryMs) return undefined;
  const hint = failure.hint ?? "run the sign-in command of this plugin to try again at once";
  return new CredentialError(failure.code, `${failure.message} (${Math.ceil(ageMs / 1000)} s ago; not tried again yet)`, { hint });
}

/** The refusal to open one more window, when the budget is spent; pure. */
export function judgePromptBudget(attempts: Attempts, hint: string): CredentialError | undefined {
  if (attempts.unanswered < maxUnansweredPrompts) return undefined;
  return new CredentialError("LOGIN_REQUIRED", `nobody answered the last ${attempts.unanswered} requests to sign in, so no more are made`, {
    hint,
  });
}
