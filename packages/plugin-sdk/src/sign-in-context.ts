import type { IdentityLock } from "@kubepass/storage";
import { CredentialError, isCredentialError } from "@kubepass/wire";
import { judgePromptBudget, readAttempts, writeAttempts } from "./attempts.ts";
import type { CredentialRequest } from "./credential-request.ts";
import { decideForRequest } from "./decide-for-request.ts";
import type { Host } from "./host.ts";
import type { InteractionDecision } from "./interaction.ts";
import type { Person, SignInContext } from "./provider.ts";
import { findSignInRecord } from "./sessions/sign-in-record.ts";

/** The refusal to ask anybody, or `undefined` when a person may be asked. */
export function judgeAsking(
  key: string,
  request: CredentialRequest,
  decision: InteractionDecision,
  host: Host,
): CredentialError | undefined {
  const { loginHint, isPersonActing } = request.settings;
  if (decision.mode === "never") {
    return new CredentialError(
      "LOGIN_REQUIRED",
      `sign-in needed${request.provider.label === undefined ? "" : ` for ${request.provider.label}`}, but ${decision.reason}`,
      {
        hint: loginHint,
      },
    );
  }
  return isPersonActing === true ? undefined : judgePromptBudget(readAttempts(host, key), loginHint);
}

function createPerson(request: CredentialRequest, decision: InteractionDecision, host: Host): Person {
  const canOpenBrowser = decision.mode === "open";
  return {
    canOpenBrowser,
    canAnswer: decision.canAnswer,
    show: (text) => host.terminal.write(text),
    open: async (url) => canOpenBrowser && (await host.browser.open(url, request.settings.browserCommand)),
    async ask(question, options) {
      if (!decision.canAnswer) return undefined;
      const signal = options?.signal === undefined ? host.signal : AbortSignal.any([host.signal, options.signal]);
      return await host.terminal.readLine(question, { hidden: options?.hidden ?? false, signal });
    },
  };
}

/** What a provider is given: it has no way to a person but through the checks here. `lock` is what others wait for. */
export function createSignInContext(key: string, request: CredentialRequest, host: Host, lock?: IdentityLock): SignInContext {
  let decided: InteractionDecision | undefined;
  const decide = (): InteractionDecision => (decided ??= decideForRequest(request, host));
  return {
    host,
    cluster: request.execInfo.cluster,
    signal: host.signal,
    get canAskPerson() {
      return judgeAsking(key, request, decide(), host) === undefined;
    },
    get expectedSubject() {
      return request.settings.isPersonActing === true ? undefined : findSignInRecord(host, key)?.subject;
    },
    announceEnd: (latest) => lock?.announceEnd(latest),
    async keepSession(session) {
      const record = findSignInRecord(host, key);
      if (record === undefined) return;
      const { createSessionStore } = await import("./sessions/choose-session-store.ts");
      try {
        await createSessionStore(record.store, host).write(key, session);
      } catch (error) {
        // Told once, when the whole sign-in is kept.
        if (!isCredentialError(error) || error.code === "STORE_UNSAFE") throw error;
      }
    },
    async requestPerson() {
      const decision = decide();
      const refusal = judgeAsking(key, request, decision, host);
      if (refusal !== undefined) throw refusal;
      host.log.info("asking a person", { mode: decision.mode, reason: decision.reason });
      // Counted before asking: a process that is killed while it waits has not been answered.
      const attempts = readAttempts(host, key);
      writeAttempts(host, key, { ...attempts, fruitless: attempts.fruitless + 1 });
      return createPerson(request, decision, host);
    },
  };
}
