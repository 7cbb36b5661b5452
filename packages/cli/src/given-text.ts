import { CredentialError } from "@kubepass/wire";
import type { Invocation } from "./command.ts";

/** The text of a flag, the last one where it was given several times; `undefined` when it was not given. */
export function findGivenText(invocation: Pick<Invocation, "parsed">, name: string): string | undefined {
  return invocation.parsed.given.get(name)?.texts.at(-1);
}

/** The text of a flag that must be given. Throws `USAGE_INVALID` with the hint. */
export function getGivenText(invocation: Pick<Invocation, "parsed">, name: string, hint: string): string {
  const text = findGivenText(invocation, name);
  if (text !== undefined && text !== "") return text;
  throw new CredentialError("USAGE_INVALID", `--${name} is missing`, { hint });
}
