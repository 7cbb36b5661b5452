/** Percent-encoding for names and values of a query as AWS signs it: RFC 3986 §2.3, upper case. */
export function encodeQueryText(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** An instant as AWS writes it, in whole seconds: `yyyymmddThhmmssZ`. */
export function formatAmzDate(instant: Date): string {
  return `${instant.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}
