import { readFileSync } from "node:fs";
import { isJsonObject } from "@kubepass/wire";
import type { ConfigAnswer } from "./answer-case.ts";
import type { Difference } from "./compare-answers.ts";
import type { ConfigCase } from "./generate-case.ts";

/** A difference that is wanted: who refuses a damaged file that the other takes, and in which words. */
export interface IntendedDifference {
  readonly id: string;
  /** `neither`: both refuse, in other words. */
  readonly stricter: "client-go" | "kubepass" | "neither";
  readonly says: RegExp;
}

/** The differences of intended-differences.json, each with a reason. */
export function loadIntended(): readonly IntendedDifference[] {
  const list: unknown = JSON.parse(readFileSync(new URL("intended-differences.json", import.meta.url), "utf8"));
  if (!Array.isArray(list)) throw new TypeError("intended-differences.json is not a list");
  return list.map((item: unknown) => {
    if (!isJsonObject(item)) throw new TypeError("an intended difference is not an object");
    const { id, stricter, says, why } = item;
    if (typeof id !== "string" || typeof says !== "string" || typeof why !== "string" || why.length < 20)
      throw new TypeError("an intended difference lacks its reason");
    if (stricter !== "client-go" && stricter !== "kubepass" && stricter !== "neither")
      throw new TypeError(`${id} does not say who is stricter`);
    return { id, stricter, says: new RegExp(says) };
  });
}

/** The intended differences in words that a case shows; `undefined` when one of its differences is not intended. */
export function explainWords(differences: readonly Difference[], intended: readonly IntendedDifference[]): readonly string[] | undefined {
  const found = differences.map(({ field, theirs }) => {
    const isText = field.startsWith("validate[") && typeof theirs === "string";
    return intended.find((rule) => rule.stricter === "neither" && isText && rule.says.test(theirs))?.id;
  });
  const known = found.filter((id) => id !== undefined);
  return known.length === found.length ? known : undefined;
}

/** Which files could not be loaded, and why. */
function listFailures(answer: ConfigAnswer): ReadonlyMap<string, string> {
  if (answer.stage !== "load") return new Map();
  const parts = (answer.problems ?? []).join("\n").split('error loading config file "').slice(1);
  return new Map(parts.map((part): [string, string] => [part.slice(0, part.indexOf('"')), part.slice(part.indexOf('"'))]));
}

/** The intended differences that a case shows in which files load; `undefined` when one file's is not intended. */
export function explainLoading(
  question: ConfigCase,
  theirs: ConfigAnswer,
  ours: ConfigAnswer,
  intended: readonly IntendedDifference[],
): readonly string[] | undefined {
  const [their, our] = [listFailures(theirs), listFailures(ours)];
  const oneSided = [...new Set([...their.keys(), ...our.keys()])].filter((file) => their.has(file) !== our.has(file));
  const found = oneSided.map((file) => {
    const stricter = their.has(file) ? "client-go" : "kubepass";
    const reason = their.get(file) ?? our.get(file) ?? "";
    const rule = intended.find((candidate) => candidate.stricter === stricter && candidate.says.test(reason));
    return question.damaged.includes(file) ? rule?.id : undefined;
  });
  const known = found.filter((id) => id !== undefined);
  return known.length === found.length && known.length > 0 ? known : undefined;
}
