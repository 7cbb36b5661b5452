import { CredentialError } from "@kubepass/wire";
import { onTestFinished } from "vitest";
import { type LoopbackListener, type LoopbackOptions, openLoopbackListener, type SignInEnding } from "../loopback/listener.ts";
import { createTestHost } from "./host.ts";
import { createTurnedClock, type TurnedClock, until } from "./sign-in-scene.ts";

/** Never aborted. */
export const never: AbortSignal = new AbortController().signal;
/** A sign-in that went well. */
export const success: SignInEnding = { kind: "page", page: { kind: "signed-in", account: "anna@example.com", cluster: "prod" } };
/** One that did not. */
export const failure: SignInEnding = {
  kind: "page",
  page: { kind: "failed", error: new CredentialError("TOKEN_INVALID", "wrong audience") },
};

/** A listener with what a test wants to know of it. */
export interface OpenListener extends LoopbackListener {
  readonly port: number;
  readonly clock: TurnedClock;
  /** Resolves when a browser waits for the outcome. */
  readonly awaitPageRequest: () => Promise<void>;
}

/** Opens a listener for the state `right`; it is closed when the test is over. */
export async function openTestListener(options: Partial<LoopbackOptions> = {}): Promise<OpenListener> {
  const clock = createTurnedClock();
  const { lines, log } = createTestHost();
  const listener = await openLoopbackListener({
    place: { addresses: ["127.0.0.1"], ports: [] },
    redirectHost: "127.0.0.1",
    callbackPath: "/callback",
    issuerOrigins: ["https://issuer.example"],
    isFormExpected: false,
    expected: { state: "right", issuer: "https://issuer.example", isIssuerRequired: false },
    clock,
    log,
    ...options,
  });
  onTestFinished(() => listener.close(failure));
  const awaitPageRequest = async (): Promise<void> => await until(() => lines.some((line) => line.fields?.["judgement"] === "result"));
  return Object.assign(listener, { port: Number(new URL(listener.redirectUri).port), clock, awaitPageRequest });
}

/** Whether the answer has come, without waiting for it. */
export async function isAnswered(listener: LoopbackListener): Promise<boolean> {
  return await Promise.race([listener.answer.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);
}
