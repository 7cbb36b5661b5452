import { type ConfigurationResult, parseAuthenticationConfiguration } from "../configuration/load.ts";
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

/** What is to be said of a configuration that was judged by kube-apiserver's own rules, and what they do not catch. */
export function lintConfiguration(result: ConfigurationResult): LintReport {
  if (result.kind === "invalid") return { errors: result.problems.map((problem) => addHint(problem)), warnings: [] };
  return { errors: [], warnings: findWarnings(result.compiled) };
}

/** {@link lintConfiguration} of the text of an AuthenticationConfiguration file. Never throws. */
export function lintAuthenticationConfiguration(text: string, compile: CompileExpression): LintReport {
  // Exactly kube-apiserver's rules for errors; what is stricter here is a warning.
  return lintConfiguration(parseAuthenticationConfiguration(text, compile, { isIndexedEmailIgnored: true }));
}
