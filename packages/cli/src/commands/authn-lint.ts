import { formatProblem, lintConfiguration, type LintReport } from "@kubepass/authenticator";
import { readMappingFile } from "@kubepass/authenticator/aws-iam";
import { CredentialError } from "@kubepass/wire";
import { loadAuthnSource, validateAuthnSource } from "../authn-source.ts";
import { formatMappingReport, toMappingReport } from "../aws-iam-text.ts";
import type { Invocation } from "../command.ts";
import { formatDocument } from "../format-document.ts";
import { parseSettings } from "../settings.ts";

function formatReport(path: string, report: LintReport): string {
  const errors = report.errors.flatMap((problem) => [
    `error    ${formatProblem(problem)}`,
    ...(problem.hint === undefined ? [] : [`hint     ${problem.hint}`]),
  ]);
  const warnings = report.warnings.map(({ path: at, code, message }) => `warning  ${at}: ${message} (${code})`);
  const summary =
    report.errors.length > 0
      ? `${path}: kube-apiserver refuses it (errors: ${report.errors.length})`
      : `${path}: kube-apiserver takes it (warnings: ${report.warnings.length})`;
  return `${[...errors, ...warnings, summary].join("\n")}\n`;
}

function toDocument(path: string, report: LintReport): Parameters<typeof formatDocument>[0] {
  return {
    apiVersion: "kubepass.dev/v1",
    kind: "AuthenticationConfigurationLint",
    file: path,
    isAccepted: report.errors.length === 0,
    errors: report.errors.map(({ path: at, kind, message, hint }) => ({ path: at, kind, message, hint })),
    warnings: report.warnings.map(({ path: at, code, message }) => ({ path: at, code, message })),
  };
}

/** `kubepass authn lint FILE`: what kube-apiserver refuses about a configuration, and what it takes and should not. 2 when it is refused. */
export async function authnLint(invocation: Invocation): Promise<number> {
  const [path, ...others] = invocation.parsed.words;
  if (others.length > 0) {
    throw new CredentialError("USAGE_INVALID", "authn lint takes one file", { hint: "run: kubepass authn lint FILE" });
  }
  const source = loadAuthnSource(path, invocation);
  const { output } = parseSettings(invocation.options);
  const mapping = source.kind === "text" ? readMappingFile(source.text) : undefined;
  if (path !== undefined && mapping !== undefined) {
    invocation.stdout.write(
      output === "text" ? formatMappingReport(path, mapping) : await formatDocument(toMappingReport(path, mapping), output),
    );
    return mapping.problems.some(({ severity }) => severity === "error") ? 2 : 0;
  }
  const report = lintConfiguration(validateAuthnSource(source));
  const { name } = source;
  invocation.stdout.write(output === "text" ? formatReport(name, report) : await formatDocument(toDocument(name, report), output));
  return report.errors.length > 0 ? 2 : 0;
}
