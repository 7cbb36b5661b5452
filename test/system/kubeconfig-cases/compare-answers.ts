import { isDeepStrictEqual } from "node:util";
import { formatPrintable, isJsonObject } from "@kubepass/wire";
import type { ConfigAnswer } from "./answer-case.ts";

/** One thing in which client-go and this library do not agree. */
export interface Difference {
  readonly field: string;
  readonly theirs: unknown;
  readonly ours: unknown;
}

/** Values without what Go's `null` for an empty list or map says, so that absent, null and empty are one. */
export function normalise(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item: unknown) => normalise(item) ?? null);
  if (!isJsonObject(value)) return value ?? undefined;
  const members = Object.entries(value).map(([key, member]) => [key, normalise(member)] as const);
  const kept = members.filter(([, member]) => member !== undefined).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

export function listFields(theirs: unknown, ours: unknown, path: string): readonly Difference[] {
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length === ours.length) {
    return theirs.flatMap((item: unknown, index) => listFields(item, ours[index], `${path}[${index}]`));
  }
  if (!isJsonObject(theirs) || !isJsonObject(ours)) return isDeepStrictEqual(theirs, ours) ? [] : [{ field: path, theirs, ours }];
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  return keys.flatMap((key) => listFields(theirs[key], ours[key], `${path}.${key}`));
}

function failingFiles(problems: readonly string[] | undefined): readonly string[] {
  const found = [...(problems ?? []).join("\n").matchAll(/error loading config file "([^"]+)"/g)].map((match) => match[1] ?? "");
  return [...new Set(found)].toSorted();
}

/** The statements of a refusal without the sentence around them, each once, in any order; ours are one line without double blanks. */
function statements(problems: readonly string[] | undefined): readonly string[] {
  const plain = (problems ?? []).map((problem) => formatPrintable(problem.replace(/^invalid configuration: /, ""), 1000));
  return [...new Set(plain)].toSorted();
}

function compareProblems(theirs: ConfigAnswer, ours: ConfigAnswer): readonly Difference[] {
  if (theirs.stage === "load") {
    return listFields(failingFiles(theirs.problems), failingFiles(ours.problems), "problems");
  }
  return isDeepStrictEqual(statements(theirs.problems), statements(ours.problems))
    ? []
    : [{ field: "problems", theirs: theirs.problems, ours: ours.problems }];
}

/** Our errors are one line of bounded length. */
function shorten(text: string): string {
  return formatPrintable(text, 900).slice(0, 899);
}

/** Where two answers to one case differ, field by field. */
export function compareAnswers(theirs: ConfigAnswer, ours: ConfigAnswer): readonly Difference[] {
  if (theirs.stage !== ours.stage) return [{ field: "stage", theirs: [theirs.stage, theirs.problems], ours: [ours.stage, ours.problems] }];
  const fields = [
    ...listFields(normalise(theirs.config), normalise(ours.config), "config"),
    ...listFields(normalise(theirs.raw), normalise(ours.raw), "raw"),
    ...listFields((theirs.validate ?? []).toSorted(), (ours.validate ?? []).toSorted(), "validate"),
    ...listFields(theirs.minified?.map(shorten), ours.minified?.map(shorten), "minified"),
    ...listFields(theirs.warnings, ours.warnings, "warnings"),
  ];
  return theirs.stage === "" ? fields : [...fields, ...compareProblems(theirs, ours)];
}
