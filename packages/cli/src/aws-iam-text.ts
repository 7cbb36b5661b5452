import type { ArnExplanation, MappingFile, MappingProblem, MappingStep } from "@kubepass/authenticator/aws-iam";
import { formatPrintable, type JsonObject } from "@kubepass/wire";

const said: Readonly<Record<MappingStep["said"], string>> = {
  found: "fits",
  account: "lets the account in",
  absent: "knows nothing of it",
  mismatch: "has the unique id or the ARN, but not both",
  unread: "has not been read",
};

function formatProblem({ place, severity, message, code }: MappingProblem): string {
  return `${severity.padEnd(8)} ${place}: ${message} (${code})`;
}

/** What is wrong with a file of mappings, for people. */
export function formatMappingReport(path: string, file: MappingFile): string {
  const errors = file.problems.filter(({ severity }) => severity === "error").length;
  const rules = `${file.set.rules.length} entries and ${file.set.accounts.size} accounts count`;
  const summary = `${path}: read as ${file.backend}; ${rules}, errors: ${errors}, warnings: ${file.problems.length - errors}`;
  return `${[...file.problems.map((problem) => formatProblem(problem)), summary].join("\n")}\n`;
}

/** The same as a document. */
export function toMappingReport(path: string, file: MappingFile): JsonObject {
  return {
    apiVersion: "kubepass.dev/v1",
    kind: "MappingLint",
    file: path,
    backend: file.backend,
    entries: file.set.rules.length,
    problems: file.problems.map(({ place, severity, code, message }) => ({ place, severity, code, message })),
  };
}

/** Whom an ARN becomes, for people. */
export function formatArnExplanation({ canonicalArn, steps, missing, problems, supposedSession, verdict }: ArnExplanation): string {
  const lines = [
    `as mappings name it: ${formatPrintable(canonicalArn, 2048)}`,
    ...steps.map((step) => `${step.backend}: ${step.place === undefined ? "" : `${formatPrintable(step.place)} `}${said[step.said]}`),
    ...missing.map((backend) => `${backend}: no file was given for it, so the server may answer otherwise`),
    ...problems.map((problem) => formatProblem(problem)),
    ...(supposedSession === undefined ? [] : [`for a session called ${supposedSession}, for example: --session-name says another`]),
  ];
  if (verdict.kind !== "mapped")
    return `${[...lines, `${verdict.kind} (${verdict.code}): ${formatPrintable(verdict.message)}`].join("\n")}\n`;
  const { username, uid, groups } = verdict.user;
  const user = [
    `username  ${formatPrintable(username)}`,
    `uid       ${formatPrintable(uid)}`,
    ...groups.map((group) => `group     ${formatPrintable(group)}`),
  ];
  return `${[...lines, "mapped", ...user.map((line) => `  ${line}`)].join("\n")}\n`;
}

/** The same as a document. */
export function toArnExplanation({ canonicalArn, steps, missing, problems, supposedSession, verdict }: ArnExplanation): JsonObject {
  const user =
    verdict.kind === "mapped" ? { username: verdict.user.username, uid: verdict.user.uid, groups: verdict.user.groups } : undefined;
  return {
    apiVersion: "kubepass.dev/v1",
    kind: "MappingExplanation",
    canonicalArn,
    steps: steps.map(({ backend, said: word, place }) => ({ backend, said: word, place })),
    missing,
    problems: problems.map(({ place, code, message }) => ({ place, code, message })),
    supposedSession,
    outcome: verdict.kind,
    code: verdict.kind === "mapped" ? undefined : verdict.code,
    message: verdict.kind === "mapped" ? undefined : verdict.message,
    user,
  };
}
