import type { CelProgram } from "../jwt/cel-port.ts";
import type { AuthenticationConfiguration, JwtAuthenticator } from "./authentication-configuration.ts";

/** A rule with its compiled expression. */
export interface CompiledRule {
  readonly program: CelProgram;
  readonly message: string;
}

/** One entry of `jwt` with everything compiled. */
export interface CompiledAuthenticator {
  readonly authenticator: JwtAuthenticator;
  readonly username: CelProgram | undefined;
  readonly groups: CelProgram | undefined;
  readonly uid: CelProgram | undefined;
  readonly extra: readonly { readonly key: string; readonly program: CelProgram }[];
  readonly claimRules: readonly CompiledRule[];
  readonly userRules: readonly CompiledRule[];
}

/** A configuration that kube-apiserver would take, ready for use. */
export interface CompiledConfiguration {
  readonly configuration: AuthenticationConfiguration;
  readonly authenticators: readonly CompiledAuthenticator[];
}
