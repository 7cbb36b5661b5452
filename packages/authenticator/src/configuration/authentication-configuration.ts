/** `claim` with `prefix`, or `expression`; an empty text stands for an absent one, as in kube-apiserver. */
export interface PrefixedClaimOrExpression {
  readonly claim: string;
  /** `undefined` when the file does not say; with a claim that is a mistake. */
  readonly prefix: string | undefined;
  readonly expression: string;
}

/** `claim` or `expression`, or neither. */
export interface ClaimOrExpression {
  readonly claim: string;
  readonly expression: string;
}

/** One entry of `claimMappings.extra`. */
export interface ExtraMapping {
  readonly key: string;
  readonly valueExpression: string;
}

/** One entry of `claimValidationRules`: `claim` with `requiredValue`, or `expression` with `message`. */
export interface ClaimValidationRule {
  readonly claim: string;
  readonly requiredValue: string;
  readonly expression: string;
  readonly message: string;
}

/** One entry of `userValidationRules`. */
export interface UserValidationRule {
  readonly expression: string;
  readonly message: string;
}

/** `jwt[].issuer`. */
export interface IssuerConfiguration {
  readonly url: string;
  /** Empty when the document lies below {@link url}. */
  readonly discoveryUrl: string;
  /** PEM; empty for the authorities of the system. */
  readonly certificateAuthority: string;
  readonly audiences: readonly string[];
  readonly audienceMatchPolicy: string;
  readonly egressSelectorType: string;
}

/** `jwt[].claimMappings`. */
export interface ClaimMappings {
  readonly username: PrefixedClaimOrExpression;
  readonly groups: PrefixedClaimOrExpression;
  readonly uid: ClaimOrExpression;
  readonly extra: readonly ExtraMapping[];
}

/** One entry of `jwt`. */
export interface JwtAuthenticator {
  readonly issuer: IssuerConfiguration;
  readonly claimValidationRules: readonly ClaimValidationRule[];
  readonly claimMappings: ClaimMappings;
  readonly userValidationRules: readonly UserValidationRule[];
}

/** `anonymous`: read and validated, used by kube-apiserver alone. */
export interface AnonymousConfiguration {
  readonly enabled: boolean;
  readonly conditions: readonly { readonly path: string }[];
}

/** `AuthenticationConfiguration` of apiserver.config.k8s.io v1, v1beta1 and v1alpha1, which have the same fields. */
export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtAuthenticator[];
  readonly anonymous: AnonymousConfiguration | undefined;
}
