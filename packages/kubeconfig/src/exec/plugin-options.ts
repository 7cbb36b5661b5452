import type { CredentialCache } from "./credential-cache.ts";
import type { PluginPolicy } from "./plugin-policy.ts";

/**
 * How exec plugins are run. Without options, as client-go runs them; each option adds something that client-go
 * does not do.
 */
export interface PluginOptions {
  /** Which plugins may run; without it, all. kubectl reads it from kuberc: see `loadPluginPolicy`. */
  readonly policy?: PluginPolicy | undefined;
  /** This program reads standard input itself, so no plugin may. */
  readonly isInputTaken?: boolean | undefined;
  /** Who reads it, for the error of a plugin that must ask a person. */
  readonly inputTakenBy?: string | undefined;
  /** Stops a plugin that runs longer; without it a plugin may wait for a person as long as it likes. */
  readonly timeoutMs?: number | undefined;
  /** Renews a credential so long before it expires; default 0, as in client-go. */
  readonly expiryMarginMs?: number | undefined;
  /** Keeps the end of what a plugin writes to standard error for the error message. It is still passed through. */
  readonly isErrorOutputKept?: boolean | undefined;
  /** After a failure the plugin is not run again for so long, and the failure is told again; doubled up to 32 times. */
  readonly failurePauseMs?: number | undefined;
  /** Keeps credentials from one process to the next: see `createFileCredentialCache`. */
  readonly cache?: CredentialCache | undefined;
  /** Takes `~/` at the start of a command for the home folder. */
  readonly isHomeExpanded?: boolean | undefined;
}
