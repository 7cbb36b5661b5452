// What cannot stand in an Authorization header, or is half a character.
const impossibleCharacters = /[\s\p{Cc}\p{Cs}]/u;

/** Why no verifier needs to look at a token; `undefined` when one should. Cheap, and before anything else. */
export function judgeToken(token: string, maxLength: number): { readonly code: string; readonly message: string } | undefined {
  if (token.length > maxLength) return { code: "TOKEN_TOO_LONG", message: `the token is longer than ${maxLength} characters` };
  if (impossibleCharacters.test(token)) return { code: "TOKEN_MALFORMED", message: "the token holds characters that no bearer token has" };
  return undefined;
}
