import type { UserInfo } from "./verifier.ts";

/** Why somebody may not be told to the API server; the code is stable, the message names no value. */
export interface UserProblem {
  readonly code: "NAME_EMPTY" | "NAME_UNSAFE" | "NAME_RESERVED";
  readonly message: string;
}

// Controls, and what hides or reorders text or shows nothing (Hangul fillers, variation selectors, the blank of Braille), so that
// one name cannot look like another; and halves of characters.
const unsafeCharacters = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/u;
// An API server takes these for its own components: `system:masters` may do anything.
const reservedPrefix = "system:";

/** Some names. */
export type NameSet = Pick<ReadonlySet<string>, "has">;

function judgeName(name: string, what: string, allowed: NameSet): UserProblem | undefined {
  if (name === "") return { code: "NAME_EMPTY", message: `${what} is empty` };
  if (unsafeCharacters.test(name)) return { code: "NAME_UNSAFE", message: `${what} holds control or invisible characters` };
  if (name.trim() !== name) return { code: "NAME_UNSAFE", message: `${what} begins or ends with white space` };
  if (name.startsWith(reservedPrefix) && !allowed.has(name))
    return { code: "NAME_RESERVED", message: `${what} begins with ${reservedPrefix} and is not allowed by name` };
  return undefined;
}

function judgeExtra(extra: UserInfo["extra"]): UserProblem | undefined {
  for (const [key, values] of Object.entries(extra)) {
    if (key === "" || unsafeCharacters.test(key) || key.trim() !== key)
      return { code: "NAME_UNSAFE", message: "a key of extra is empty or not plain text" };
    if (values.some((value) => unsafeCharacters.test(value)))
      return { code: "NAME_UNSAFE", message: "a value of extra holds control or invisible characters" };
  }
  return undefined;
}

/**
 * Whether a verified user may be told to an API server, which trusts the answer fully: no empty, blank-edged or disguised
 * names, and none that begins with `system:` unless it is among the allowed ones, letter by letter. `undefined` means yes.
 */
export function judgeUser(user: UserInfo, allowed: NameSet): UserProblem | undefined {
  const named = judgeName(user.username, "the user name", allowed);
  if (named !== undefined) return named;
  if (unsafeCharacters.test(user.uid)) return { code: "NAME_UNSAFE", message: "the uid holds control or invisible characters" };
  for (const group of user.groups) {
    const problem = judgeName(group, "a group", allowed);
    if (problem !== undefined) return problem;
  }
  return judgeExtra(user.extra);
}
