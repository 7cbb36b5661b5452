const prefix = "urn:ietf:params:oauth:token-type:";

/** Token type identifiers of RFC 8693 §3 under the short names that options take. */
export const tokenTypes = {
  id: `${prefix}id_token`,
  access: `${prefix}access_token`,
  jwt: `${prefix}jwt`,
  saml2: `${prefix}saml2`,
} as const;

/** The URN for a short name or a URI; `undefined` when it is neither. */
export function findTokenType(text: string): string | undefined {
  const known = Object.entries(tokenTypes).find(([name]) => name === text);
  if (known !== undefined) return known[1];
  return /^[a-z][a-z0-9+.-]*:\S+$/i.test(text) ? text : undefined;
}
