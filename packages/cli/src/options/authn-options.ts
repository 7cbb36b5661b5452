import type { OptionSpec } from "@kubepass/plugin-sdk";

/** kube-apiserver's own flags about JWTs, as its manifest has them. */
export const apiServerOptions: readonly OptionSpec[] = [
  { name: "oidc-issuer-url", kind: "text", description: "as kube-apiserver's flag, instead of a file" },
  { name: "oidc-client-id", kind: "text", description: "as kube-apiserver's flag: the one audience" },
  { name: "oidc-ca-file", kind: "text", description: "as kube-apiserver's flag: PEM file of the issuer's authority" },
  { name: "oidc-username-claim", kind: "text", description: "as kube-apiserver's flag", defaultText: "sub" },
  {
    name: "oidc-username-prefix",
    kind: "text",
    description: "as kube-apiserver's flag; - for none",
    defaultText: "ISSUER#, none for email",
  },
  { name: "oidc-groups-claim", kind: "text", description: "as kube-apiserver's flag" },
  { name: "oidc-groups-prefix", kind: "text", description: "as kube-apiserver's flag" },
  { name: "oidc-signing-algs", kind: "list", description: "as kube-apiserver's flag", defaultText: "RS256" },
  { name: "oidc-required-claim", kind: "list", description: "as kube-apiserver's flag: claim=value" },
  { name: "service-account-issuer", kind: "list", description: "as kube-apiserver's flag: no JWT issuer may be one of these" },
];

/** Options of `authn explain`. */
export const explainOptions: readonly OptionSpec[] = [
  { name: "config", kind: "text", description: "AuthenticationConfiguration, or manifest of kube-apiserver, to judge by" },
  { name: "token-file", kind: "text", description: "file that holds the token to explain; it is not printed" },
  { name: "claims", kind: "text", description: "JSON file of claims to explain instead of a token; needs no network" },
  { name: "keys", kind: "text", description: "JWK Set to verify the token with, instead of fetching the issuer's keys" },
  { name: "arn", kind: "text", description: "ARN of AWS to explain, by the files of --mapping, instead of a token" },
  { name: "mapping", kind: "list", description: "aws-iam-authenticator's configuration, aws-auth, IAMIdentityMappings or a dynamic file" },
  { name: "user-id", kind: "text", description: "unique id of the principal, such as AROAEXAMPLE, where mappings ask for one" },
  { name: "session-name", kind: "text", description: "name of the session, when the ARN is a role's own" },
  ...apiServerOptions,
];
