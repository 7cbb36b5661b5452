/** Where on the way to a verdict a token failed; the same words for kube-apiserver and for us. */
const upstream: readonly (readonly [RegExp, string])[] = [
  [/verify token: oidc: (?:malformed jwt|id token not signed|multiple signatures)/, "malformed"],
  [/signed with unsupported algorithm/, "algorithm"],
  [/failed to verify signature/, "signature"],
  [/failed to unmarshal claims|source does not exist|failed to obtain source/, "claims"],
  [/issued by a different provider/, "issuer"],
  [/expected audience/, "audience"],
  [/token is expired/, "expired"],
  [/before the nbf/, "not-yet-valid"],
  [/could not expand distributed claims/, "distributed"],
  [/email not verified|parse 'email_verified'/, "email"],
  [/parse username claims|username claim expression|empty username/, "username"],
  [/parse groups claim|group claim expression/, "groups"],
  [/parse uid claim|uid claim expression/, "uid"],
  [/extra claim expression/, "extra"],
  [/required claim|oidc: parse claim /, "required-claim"],
  [/claim validation expression/, "claim-rule"],
  [/user info validation rule/, "user-rule"],
  [/^expression '/, "extra"],
];

const ours: Readonly<Record<string, string>> = {
  TOKEN_MALFORMED: "malformed",
  ALGORITHM_REFUSED: "algorithm",
  EXTENSION_REFUSED: "signature",
  KEY_UNKNOWN: "signature",
  SIGNATURE_INVALID: "signature",
  CLAIMS_MALFORMED: "claims",
  CLAIMS_AMBIGUOUS: "ambiguous",
  ISSUER_UNKNOWN: "issuer",
  AUDIENCE_MISMATCH: "audience",
  TOKEN_EXPIRED: "expired",
  TOKEN_NOT_YET_VALID: "not-yet-valid",
  DISTRIBUTED_CLAIMS_REFUSED: "distributed",
  EMAIL_UNVERIFIED: "email",
  USERNAME_UNREADABLE: "username",
  GROUPS_UNREADABLE: "groups",
  UID_UNREADABLE: "uid",
  EXTRA_UNREADABLE: "extra",
  REQUIRED_CLAIM_MISMATCH: "required-claim",
  CLAIM_RULE_FAILED: "claim-rule",
  USER_RULE_FAILED: "user-rule",
};

/** The category of one of kube-apiserver's error texts. Throws for one that has none, so that none is passed over. */
export function categoryOfText(text: string): string {
  const found = upstream.find(([pattern]) => pattern.test(text))?.[1];
  if (found === undefined) throw new Error(`kube-apiserver's error has no category: ${text}`);
  return found;
}

/** The category of one of our codes. */
export function categoryOfCode(code: string): string {
  const found = ours[code];
  if (found === undefined) throw new Error(`the code has no category: ${code}`);
  return found;
}
