import type { AuthenticationConfiguration } from "../configuration/authentication-configuration.ts";
import { type ConfigurationResult, parseAuthenticationConfiguration, validateAuthenticationConfiguration } from "../configuration/load.ts";
import type { ValidationOptions } from "../configuration/validate-authenticator.ts";
import type { CompileExpression } from "../jwt/cel-port.ts";
import { addHint, type HintedProblem } from "./hints.ts";
import { findWarnings, type LintWarning } from "./warnings.ts";

/** What is to be said of a configuration file. */
export interface LintReport {
  /** What kube-apiserver refuses; then there are no warnings. */
  readonly errors: readonly HintedProblem[];
  /** What it accepts and should not. */
  readonly warnings: readonly LintWarning[];
}

/** What a configuration is judged beside. */
export interface LintOptions {
  /** kube-apiserver's `--service-account-issuer`, which no JWT issuer may be. */
  readonly serviceAccountIssuers?: readonly string[] | undefined;
}

// Exactly kube-apiserver's rules for errors; what is stricter here is a warning.
function toValidation({ serviceAccountIssuers }: LintOptions): ValidationOptions {
  return { isIndexedEmailIgnored: true, disallowedIssuers: serviceAccountIssuers };
}

function reportOf(result: ConfigurationResult): LintReport {
  if (result.kind === "invalid") return { errors: result.problems.map((problem) => addHint(problem)), warnings: [] };
  return { errors: [], warnings: findWarnings(result.compiled) };
}

/** Judges the text of an AuthenticationConfiguration file: kube-apiserver's own rules, and what they do not catch. Never throws. */
export function lintAuthenticationConfiguration(text: string, compile: CompileExpression, options: LintOptions = {}): LintReport {
  return reportOf(parseAuthenticationConfiguration(text, compile, toValidation(options)));
}

/** The same of a configuration that comes from elsewhere than a file, such as kube-apiserver's flags. Never throws. */
export function lintDecodedConfiguration(
  configuration: AuthenticationConfiguration,
  compile: CompileExpression,
  options: LintOptions = {},
): LintReport {
  return reportOf(validateAuthenticationConfiguration(configuration, compile, toValidation(options)));
}
