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
  /** Prompts in a row that led to no sign-in. */
  readonly fruitless: number;
  /** What the last sign-in failed with. */
  readonly failure: RememberedFailure | undefined;
}

/**
 * After so many prompts that led to nothing no window opens until the person acts. Refusals count too: a browser in which somebody is
 * signed in gives them by itself, window by window.
 */
const maxFruitlessPrompts = 3;

const failureMemoryMs = 10_000;
const transientFailureMemoryMs = 3_000;
const transientCodes = new Set(["ISSUER_UNREACHABLE", "PROXY_FAILED"]);

/** Nothing to remember. */
export const noAttempts: Attempts = { fruitless: 0, failure: undefined };

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
    return noAttempts;
  }
  if (!isJsonObject(value)) return noAttempts;
  const { fruitless, failure } = value;
  return {
    fruitless: typeof fruitless === "number" && Number.isInteger(fruitless) && fruitless > 0 ? fruitless : 0,
    failure: isJsonObject(failure) ? parseFailure(failure) : undefined,
  };
}

/** What is remembered for a key; nothing when the store cannot be used. Throws `STORE_UNSAFE`. */
export function readAttempts(host: Host, key: string): Attempts {
  const text = readPrivateFile(attemptsPath(host, key), host.environment.userId);
  return text === undefined ? noAttempts : parseAttempts(text);
}

/** Keeps what should be remembered; a store that cannot be written is a warning. */
export function writeAttempts(host: Host, key: string, attempts: Attempts): void {
  const { failure } = attempts;
  const text = JSON.stringify({
    version: 1,
    fruitless: attempts.fruitless,
    failure: failure === undefined ? undefined : { ...failure, at: failure.at.toISOString() },
  });
  try {
    if (attempts.fruitless === 0 && failure === undefined) removePrivateFile(attemptsPath(host, key));
    else writePrivateFile(attemptsPath(host, key), text, host.environment.userId);
  } catch (error) {
    if (!isCredentialError(error, "STORE_UNWRITABLE")) throw error;
    host.log.warn("cannot remember this sign-in attempt", { code: error.code, reason: error.message });
  }
}

function isBudgetSpent({ fruitless }: Attempts): boolean {
  return fruitless >= maxFruitlessPrompts;
}

/** The failure to repeat without trying, while it is recent and the credential would be made from the same; pure. */
export function judgeRecentFailure(attempts: Attempts, now: Date, sourceFingerprint?: string): CredentialError | undefined {
  const { failure } = attempts;
  // Once nobody is asked any more, the refusal that says so is the better answer.
  if (isBudgetSpent(attempts)) return undefined;
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
  if (!isBudgetSpent(attempts)) return undefined;
  const { fruitless, failure } = attempts;
  const last = failure === undefined ? "" : ` (${failure.code}: ${failure.message})`;
  return new CredentialError("LOGIN_REQUIRED", `the last ${fruitless} requests to sign in led to nothing${last}, so no more are made`, {
    hint,
  });
}
