/** The words of a name or text in lower case: `parseOidcToken`, `parse-oidc-token` and `PARSE_OIDC_TOKEN` have the same. */
export function splitWords(text: string): readonly string[] {
  const spaced = text.replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2").replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2");
  return spaced
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== "");
}
