import { formatPrintable } from "@kubepass/wire";

/** Which of the sentences of kube-apiserver's field errors a problem is. */
export type ProblemKind = "required" | "invalid" | "duplicate" | "too-many" | "decoding";

/** One thing that kube-apiserver would refuse in a configuration. */
export interface ConfigurationProblem {
  /** kube-apiserver's own path, such as `jwt[0].issuer.url`; empty when the file as a whole cannot be read. */
  readonly path: string;
  readonly kind: ProblemKind;
  /** One line, without the path. */
  readonly message: string;
}

function quote(value: string): string {
  return JSON.stringify(formatPrintable(value, 200));
}

/** Something that must be there is not. */
export function requiredProblem(path: string, detail = ""): ConfigurationProblem {
  return { path, kind: "required", message: detail === "" ? "Required value" : `Required value: ${detail}` };
}

/** A value that breaks a rule. */
export function invalidProblem(path: string, value: string, detail: string): ConfigurationProblem {
  return { path, kind: "invalid", message: `Invalid value: ${quote(value)}: ${formatPrintable(detail, 1000)}` };
}

/** A value that was there before. */
export function duplicateProblem(path: string, value: string): ConfigurationProblem {
  return { path, kind: "duplicate", message: `Duplicate value: ${quote(value)}` };
}

/** Something that strict decoding refuses. */
export function decodingProblem(path: string, message: string): ConfigurationProblem {
  return { path, kind: "decoding", message: formatPrintable(message, 1000) };
}

/** A problem as kube-apiserver prints it: `path: message`. */
export function formatProblem(problem: ConfigurationProblem): string {
  return problem.path === "" ? problem.message : `${problem.path}: ${problem.message}`;
}
