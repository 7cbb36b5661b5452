import { type ConfigurationProblem, requiredProblem, invalidProblem } from "./problem.ts";
import { type SignatureAlgorithm, signatureAlgorithms } from "../jwt/algorithms.ts";
import type { AuthenticationConfiguration } from "./authentication-configuration.ts";

/** kube-apiserver's `--oidc-*` flags, as one configuration of one issuer. */
export interface OidcFlags {
  readonly issuerUrl: string;
  readonly clientId: string;
  /** PEM text of `--oidc-ca-file`. */
  readonly certificateAuthority?: string | undefined;
  /** Default `sub`. */
  readonly usernameClaim?: string | undefined;
  /** Default `ISSUER#` unless the claim is `email`; `-` for none. */
  readonly usernamePrefix?: string | undefined;
  readonly groupsClaim?: string | undefined;
  readonly groupsPrefix?: string | undefined;
  /** Default `RS256` alone. */
  readonly signingAlgorithms?: readonly string[] | undefined;
  readonly requiredClaims?: Readonly<Record<string, string>> | undefined;
}

/** What the flags come to. */
export type OidcFlagsResult =
  | {
      readonly kind: "converted";
      readonly configuration: AuthenticationConfiguration;
      readonly algorithms: readonly SignatureAlgorithm[];
    }
  | { readonly kind: "invalid"; readonly problems: readonly ConfigurationProblem[] };

function usernamePrefixOf(flags: OidcFlags, claim: string): string {
  const prefix = flags.usernamePrefix ?? "";
  if (prefix === "-") return "";
  return prefix === "" && claim !== "email" ? `${flags.issuerUrl}#` : prefix;
}

function findAlgorithms(flags: OidcFlags): { readonly algorithms: readonly SignatureAlgorithm[]; readonly unknown: readonly string[] } {
  const wanted = flags.signingAlgorithms ?? ["RS256"];
  return {
    algorithms: signatureAlgorithms.filter((name) => wanted.includes(name)),
    unknown: wanted.filter((name) => !signatureAlgorithms.some((known) => known === name)),
  };
}

function judgeFlags(flags: OidcFlags, unknown: readonly string[]): readonly ConfigurationProblem[] {
  const together = "oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set";
  const missing = [
    ...(flags.issuerUrl === "" ? [requiredProblem("--oidc-issuer-url", together)] : []),
    ...(flags.clientId === "" ? [requiredProblem("--oidc-client-id", together)] : []),
  ];
  return [...missing, ...unknown.map((name) => invalidProblem("--oidc-signing-algs", name, "unsupported signing alg"))];
}

/** The `--oidc-*` flags as the AuthenticationConfiguration that kube-apiserver makes of them; it still has to be validated. */
export function convertOidcFlags(flags: OidcFlags): OidcFlagsResult {
  const { algorithms, unknown } = findAlgorithms(flags);
  const problems = judgeFlags(flags, unknown);
  if (problems.length > 0) return { kind: "invalid", problems };
  const usernameClaim = flags.usernameClaim ?? "sub";
  const groupsClaim = flags.groupsClaim ?? "";
  const rules = Object.entries(flags.requiredClaims ?? {});
  const configuration: AuthenticationConfiguration = {
    jwt: [
      {
        issuer: {
          url: flags.issuerUrl,
          discoveryUrl: "",
          certificateAuthority: flags.certificateAuthority ?? "",
          audiences: [flags.clientId],
          audienceMatchPolicy: "",
          egressSelectorType: "",
        },
        claimValidationRules: rules.map(([claim, requiredValue]) => ({ claim, requiredValue, expression: "", message: "" })),
        claimMappings: {
          username: { claim: usernameClaim, prefix: usernamePrefixOf(flags, usernameClaim), expression: "" },
          groups: { claim: groupsClaim, prefix: groupsClaim === "" ? undefined : (flags.groupsPrefix ?? ""), expression: "" },
          uid: { claim: "", expression: "" },
          extra: [],
        },
        userValidationRules: [],
      },
    ],
    anonymous: undefined,
  };
  return { kind: "converted", configuration, algorithms };
}
