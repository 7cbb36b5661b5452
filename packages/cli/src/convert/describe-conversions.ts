import { formatYaml, hideSecretArguments } from "@kubepass/kubeconfig";
import { formatPrintable, type JsonObject } from "@kubepass/wire";
import { formatRows, type Row } from "../help/wrap-text.ts";
import { formatTrial } from "../kubeconfig-trial.ts";
import { quoteForShell } from "../shell-quote.ts";
import type { EditedFile } from "./apply-conversions.ts";
import type { Converted, Kept } from "./conversion.ts";
import type { PlannedUser } from "./plan-conversions.ts";

/** What came of a run, as it is told. */
export interface Outcome {
  readonly planned: readonly PlannedUser[];
  readonly files: readonly EditedFile[];
  readonly isDryRun: boolean;
  /** Whether it has to be said which file a user stands in. */
  readonly hasSeveralFiles: boolean;
  readonly currentContext: string;
  /** The file that was named. */
  readonly kubeconfig?: string | undefined;
  /** A context by which it can be tried. */
  readonly trial?: string | undefined;
}

function listArguments({ exec }: Converted): readonly string[] {
  return hideSecretArguments(exec.args).shown;
}

/** The new stanza without what could be a secret among its arguments. */
function showExec(conversion: Converted): JsonObject {
  return { ...conversion.exec, args: listArguments(conversion) };
}

function describeLine(conversion: Converted): string {
  return [conversion.exec.command, ...listArguments(conversion)].map(quoteForShell).join(" ");
}

function listRows(conversion: Converted, isDryRun: boolean): readonly Row[] {
  return [
    ...(isDryRun ? [] : [{ term: "runs", text: formatPrintable(describeLine(conversion), 1000) }]),
    ...conversion.notes.map((text) => ({ term: "note", text: formatPrintable(text, 600) })),
    ...conversion.todo.map((text) => ({ term: "to do", text: formatPrintable(text, 600) })),
  ];
}

function describeConverted(title: string, name: string, conversion: Converted, { isDryRun }: Outcome, width: number): string {
  const verb = isDryRun ? "would become" : "is now";
  const rows = formatRows(listRows(conversion, isDryRun), width);
  const head = `${title}: ${conversion.from} ${verb} ${conversion.to}\n${rows === "" ? "" : `${rows}\n`}`;
  return isDryRun ? `${head}${formatYaml({ users: [{ name, user: { exec: showExec(conversion) } }] })}` : head;
}

function describeKept(title: string, { kind, from, reason, hint }: Kept, width: number): string {
  if (kind !== "refused") return `${title} stays: ${from} (${reason})\n`;
  const rows = [{ term: "why", text: reason }, ...(hint === undefined ? [] : [{ term: "to do", text: hint }])];
  return `${title} stays: ${from}\n${formatRows(
    rows.map(({ term, text }) => ({ term, text: formatPrintable(text, 600) })),
    width,
  )}\n`;
}

function describeUser(planned: PlannedUser, outcome: Outcome, width: number): string {
  const { name, path, conversion } = planned;
  const title = `${formatPrintable(name, 120)}${outcome.hasSeveralFiles ? ` (${formatPrintable(path)})` : ""}`;
  const failure = outcome.files.find((file) => file.path === path)?.failure;
  if (conversion.kind !== "converted") return describeKept(title, conversion, width);
  if (failure === undefined) return describeConverted(title, name, conversion, outcome, width);
  const reason = `${failure.message} (${failure.code})`;
  return describeKept(title, { kind: "refused", from: conversion.from, reason, hint: failure.hint }, width);
}

function describeTrial({ trial, currentContext, kubeconfig }: Outcome): string {
  if (trial === undefined) return "";
  return `try it: ${formatTrial(kubeconfig, trial === currentContext ? undefined : trial)}\n`;
}

function describeEnd(outcome: Outcome): string {
  const { planned, files, isDryRun } = outcome;
  const done = files.filter(({ failure }) => failure === undefined);
  if (isDryRun && done.length > 0) return "nothing was written\n";
  if (done.length === 0) return planned.every(isUntouched) ? "nothing to convert\n" : "nothing was converted\n";
  const copies = done.flatMap(({ backup }) =>
    backup === undefined ? [] : [`as it was before, old tokens and secrets included: ${backup}\nremove that copy once kubectl works\n`],
  );
  return copies.join("") + describeTrial(outcome);
}

function isUntouched({ conversion: { kind } }: PlannedUser): boolean {
  return kind === "current" || kind === "foreign";
}

/** What was done, for people: each user in turn, then where the copies lie. */
export function describeConversions(outcome: Outcome, width: number): string {
  const describe = (planned: PlannedUser): string => describeUser(planned, outcome, width);
  const blocks = outcome.planned.filter((planned) => !isUntouched(planned)).map(describe);
  const untouched = outcome.planned.filter(isUntouched).map(describe).join("");
  return [...blocks, untouched, describeEnd(outcome)].filter((block) => block !== "").join("\n");
}

function formatUser({ name, path, conversion }: PlannedUser, { files }: Outcome): JsonObject {
  const failure = files.find((file) => file.path === path)?.failure;
  const { kind, from } = conversion;
  if (conversion.kind !== "converted") return { name, file: path, outcome: kind, from, reason: conversion.reason, hint: conversion.hint };
  const { to, notes, todo } = conversion;
  const error = failure === undefined ? undefined : { code: failure.code, message: failure.message, hint: failure.hint };
  return { name, file: path, outcome: error === undefined ? kind : "failed", from, to, exec: showExec(conversion), notes, todo, error };
}

/** The same for programs. */
export function formatConversions(outcome: Outcome): JsonObject {
  return {
    apiVersion: "kubepass.dev/v1",
    kind: "KubeconfigConversion",
    dryRun: outcome.isDryRun,
    files: outcome.files.map(({ path, backup, failure }) => ({ path, changed: failure === undefined && !outcome.isDryRun, backup })),
    users: outcome.planned.map((planned) => formatUser(planned, outcome)),
  };
}
