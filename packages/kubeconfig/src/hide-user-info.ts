import { parseGoUrl } from "./go-url.ts";

/** What stands in the place of a secret, as in `kubectl config view`. */
export const redacted = "REDACTED";

/**
 * A URL, or what should have been one, without user name and password. In what is no URL everything up to the last `@` goes: where its
 * authority ends is not known, and a password may have any character.
 */
export function hideUserInfo(text: string): string {
  const start = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\//.exec(text)?.[0].length ?? 0;
  const authority = start > 0 ? parseGoUrl(text)?.authority : undefined;
  const at = text.lastIndexOf("@", authority === undefined ? text.length : start + authority.length);
  return at < start ? text : `${text.slice(0, start)}${redacted}${text.slice(at)}`;
}
