import type { SignInContext } from "@kubepass/plugin-sdk";
import { CredentialError, formatPrintable } from "@kubepass/wire";

/** Asks a person for a code of an MFA device. */
export interface MfaAsker {
  /** Whether a code was asked for: what came of it is worth keeping. */
  readonly wasAsked: boolean;
  /** Throws `LOGIN_REQUIRED` where nobody may be asked or nothing can be typed, `CANCELLED` when nothing is. */
  ask(serial: string): Promise<string>;
}

/** An asker over the pipeline's person. */
export function createMfaAsker(context: SignInContext): MfaAsker {
  const state = { wasAsked: false };
  return {
    get wasAsked() {
      return state.wasAsked;
    },
    async ask(serial) {
      const person = await context.requestPerson();
      if (!person.canAnswer) {
        throw new CredentialError("LOGIN_REQUIRED", `a code of the MFA device ${serial} is needed, and nothing can be typed here`, {
          hint: "run the same command in a terminal, with login instead of get-token",
        });
      }
      const answer = await person.ask(`MFA code of ${formatPrintable(serial, 200)}: `, { signal: context.signal });
      state.wasAsked = true;
      const code = answer?.replaceAll(/\s/g, "") ?? "";
      if (code === "") throw new CredentialError("CANCELLED", "no MFA code was given");
      if (!/^\d{6}$/.test(code)) throw new CredentialError("CANCELLED", "an MFA code has six digits", { hint: "run the command again" });
      return code;
    },
  };
}
