/** Why a JWT was not accepted: stable codes for logs, metrics and `explain`, each with one sentence of what it means. */
export const jwtReasons = {
  ISSUER_UNKNOWN: "no configured issuer has the token's iss",
  TOKEN_MALFORMED: "the token is not one signed JWT in compact form",
  ALGORITHM_REFUSED: "the header's alg is not one of those that are taken",
  EXTENSION_REFUSED: "the header names an extension in crit, or leaves the payload unencoded",
  KEY_UNKNOWN: "the issuer publishes no key with the token's kid",
  SIGNATURE_INVALID: "no key of the issuer made the signature",
  CLAIMS_MALFORMED: "the claims are not a JSON object, or a registered claim has a wrong type",
  CLAIMS_AMBIGUOUS: "the claims hold a key twice, a registered claim in odd case, or text that is not UTF-8: parsers would disagree",
  AUDIENCE_MISMATCH: "the token is for none of the issuer's audiences",
  TOKEN_EXPIRED: "exp has passed, or is missing",
  TOKEN_NOT_YET_VALID: "nbf is more than a minute ahead",
  DISTRIBUTED_CLAIMS_REFUSED:
    "the groups lie at another place that the token names, and fetching them is off, not allowed there, or gave no good answer",
  DISTRIBUTED_CLAIMS_UNREACHABLE: "the groups lie at another place that cannot be asked now",
  USERNAME_UNREADABLE: "the user name's claim is missing or no string, or its expression gives none",
  EMAIL_UNVERIFIED: "the user name is an e-mail address that the issuer has not verified",
  GROUPS_UNREADABLE: "the groups' claim or expression gives neither a string nor a list of strings",
  UID_UNREADABLE: "the uid's claim is missing or no string, or its expression gives none",
  EXTRA_UNREADABLE: "an extra expression gives neither a string nor a list of strings",
  REQUIRED_CLAIM_MISMATCH: "a claim that must have a certain value is missing or has another",
  CLAIM_RULE_FAILED: "a claim validation rule is false, or could not be evaluated",
  USER_RULE_FAILED: "a user validation rule is false, or could not be evaluated",
  ISSUER_UNREACHABLE: "the issuer's keys are needed and cannot be fetched now",
  ISSUER_BUSY: "the token names a key that is not known, and the keys were fetched too recently to ask again",
} as const satisfies Record<string, string>;

/** One of {@link jwtReasons}. */
export type JwtReason = keyof typeof jwtReasons;

/** A refusal, before it is anybody's verdict. */
export interface JwtRefusal {
  readonly kind: "refused";
  readonly code: JwtReason;
  /** One line; no token, no claim values. */
  readonly message: string;
}

/** A refusal with its reason. */
export function refuse(code: JwtReason, message: string): JwtRefusal {
  return { kind: "refused", code, message };
}
