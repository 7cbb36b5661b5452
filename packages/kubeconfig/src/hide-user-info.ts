import { findUrlOf, parseGoUrl } from "@kubepass/wire";

/** What stands in the place of a secret, as in `kubectl config view`. */
export const redacted = "REDACTED";

/**
 * A URL, or what should have been one, without user name and password. In what is no URL everything up to the last `@` goes: where its
 * authority ends is not known, and a password may have any character.
 */
export function hideUserInfo(text: string): string {
  // Nearly every address; a large kubeconfig has thousands.
  if (!text.includes("@")) return text;
  const start = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\//.exec(text)?.[0].length ?? 0;
  const isParsed = start > 0 && findUrlOf(parseGoUrl(text))?.hasAuthority === true;
  const at = text.lastIndexOf("@", isParsed ? start + text.slice(start).search(/[/?#]|$/) : text.length);
  return at < start ? text : `${text.slice(0, start)}${redacted}${text.slice(at)}`;
}
