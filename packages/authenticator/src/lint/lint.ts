import { parseAuthenticationConfiguration } from "../configuration/load.ts";
import type { ConfigurationProblem } from "../configuration/problem.ts";
import type { CompileExpression } from "../jwt/cel-port.ts";
import { findWarnings, type LintWarning } from "./warnings.ts";

/** What is to be said of a configuration file. */
export interface LintReport {
  /** What kube-apiserver refuses; then there are no warnings. */
  readonly errors: readonly ConfigurationProblem[];
  /** What it accepts and should not. */
  readonly warnings: readonly LintWarning[];
}

/** Judges the text of an AuthenticationConfiguration file: kube-apiserver's own rules, and what they do not catch. Never throws. */
export function lintAuthenticationConfiguration(text: string, compile: CompileExpression): LintReport {
  // Exactly kube-apiserver's rules for errors; what is stricter here is a warning.
  const result = parseAuthenticationConfiguration(text, compile, { isIndexedEmailIgnored: true });
  if (result.kind === "invalid") return { errors: result.problems, warnings: [] };
  return { errors: [], warnings: findWarnings(result.compiled) };
}
