import { CredentialError } from "@kubepass/wire";

/** What is known of standard input when a plugin is about to run. */
export interface InputState {
  readonly isTerminal: boolean;
  /** The program reads standard input itself, as `kubectl apply -f -` does. */
  readonly isTaken: boolean;
  /** Who reads it, for people. */
  readonly takenBy?: string | undefined;
}

function refuseInteraction(reason: string, hint: string): CredentialError {
  return new CredentialError("LOGIN_REQUIRED", `the credential plugin has to ask a person, but ${reason}`, { hint });
}

/**
 * Whether a plugin may read standard input, by the rules of client-go: the terminal test looks at standard input alone.
 * Throws `LOGIN_REQUIRED` where the mode is `Always` and nobody can be asked, `CONFIG_INVALID` for another mode.
 */
export function judgeInteractivity(mode: string, input: InputState): boolean {
  switch (mode) {
    case "Never":
      return false;
    case "IfAvailable":
      return input.isTerminal && !input.isTaken;
    case "Always":
      if (!input.isTerminal) throw refuseInteraction("standard input is not a terminal", "run the command in a terminal");
      if (input.isTaken) {
        const by = input.takenBy === undefined ? "" : `: ${input.takenBy}`;
        throw refuseInteraction(`standard input is unavailable${by}`, "give the input as a file");
      }
      return true;
    default:
      throw new CredentialError("CONFIG_INVALID", `the credential plugin has the unknown interactiveMode ${JSON.stringify(mode)}`, {
        hint: "set users[].user.exec.interactiveMode to Never, IfAvailable or Always",
      });
  }
}
