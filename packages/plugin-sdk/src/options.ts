import { CredentialError } from "@kubepass/wire";

/** What an option holds. `list` and `map` may be given more than once; `map` members are `key=value`. */
export type OptionKind = "text" | "switch" | "list" | "map" | "seconds";

/**
 * One option, the same by flag (`--issuer-url`), environment (`KUBEPASS_OIDC_ISSUER_URL`), config file
 * (`oidc: { issuer-url: … }`) and help text. `name` is the flag without its dashes.
 */
export interface OptionSpec {
  readonly name: string;
  readonly kind: OptionKind;
  /** One line for help and the JSON schema. */
  readonly description: string;
  readonly choices?: readonly string[];
  /** Shown in help; applied by the provider. */
  readonly defaultText?: string;
  /** Names of other tools' flags that mean the same, such as `oidc-issuer-url`. */
  readonly aliases?: readonly string[];
  /** The value is never shown, not even by `-vv`. */
  readonly isSecret?: boolean;
  /** Proves the person or the client to the issuer, so it must not reach an issuer that somebody else chose. */
  readonly isProof?: boolean;
  /** Decides where proofs are sent. */
  readonly isDestination?: boolean;
  /** May be set by the cluster extension of a kubeconfig, which anybody may have written. */
  readonly isAllowedFromCluster?: boolean;
}

/** Values by option name, typed by {@link OptionSpec.kind}; absent when not given anywhere. */
export interface OptionValues {
  readonly [name: string]: string | boolean | number | readonly string[] | Readonly<Record<string, string>> | undefined;
}

/** What the command line needs of a provider package. */
export interface ProviderModule {
  readonly name: string;
  readonly options: readonly OptionSpec[];
}

/** Gathers what is wrong with options, so that all of it is reported at once. */
export class OptionProblems {
  readonly #problems: string[] = [];

  add(problem: string): void {
    this.#problems.push(problem);
  }

  /** Throws one `CONFIG_INVALID` for all problems, if there are any. */
  throwIfAny(hint?: string): void {
    if (this.#problems.length === 0) return;
    throw new CredentialError("CONFIG_INVALID", "", { problems: this.#problems, hint });
  }
}
