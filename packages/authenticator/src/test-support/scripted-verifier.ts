import type { Secret } from "@kubepass/wire";
import type { Verdict, Verifier, VerifyContext } from "../verifier.ts";

/** A verifier that says what a test tells it to, and remembers what it was asked. */
export class ScriptedVerifier implements Verifier {
  readonly name: string;
  readonly asked: { readonly token: string; readonly context: VerifyContext }[] = [];
  readonly #prefix: string;
  /** What it says; may be changed at any time. */
  answer: (token: string) => Verdict | Promise<Verdict>;

  constructor(prefix: string, answer: (token: string) => Verdict | Promise<Verdict>, name = "scripted") {
    this.name = name;
    this.#prefix = prefix;
    this.answer = answer;
  }

  claims(token: string): boolean {
    return token.startsWith(this.#prefix);
  }

  async verify(token: Secret, context: VerifyContext): Promise<Verdict> {
    this.asked.push({ token: token.reveal(), context });
    return await this.answer(token.reveal());
  }
}

/** A verdict that somebody is who they say. */
export function verified(username: string, rest: Partial<Extract<Verdict, { kind: "verified" }>> = {}): Verdict {
  return { kind: "verified", user: { username, uid: "", groups: [], extra: {} }, ...rest };
}

/** A verdict that says no. */
export const refused: Verdict = { kind: "refused", code: "SCRIPTED_NO", message: "no" };

/** A verdict that says neither. */
export const uncertain: Verdict = { kind: "uncertain", code: "SCRIPTED_DOUBT", message: "nobody can tell" };
