import type { Verifier } from "../verifier.ts";
import type { TokenTable } from "./token-file.ts";

/** A {@link Verifier} of the static tokens of a table. To read the file anew, make a new one. */
export function createTokenFileVerifier(table: TokenTable): Verifier {
  return {
    name: "token-file",
    // Static tokens have no form of their own: what is not in the table is left to others.
    claims: (token) => table.find(token) !== undefined,
    verify: async (token) => {
      const user = table.find(token.reveal());
      if (user === undefined) return { kind: "refused", code: "TOKEN_UNKNOWN", message: "the token is not in the token file" };
      return { kind: "verified", user };
    },
  };
}
