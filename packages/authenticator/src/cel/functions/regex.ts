import { patternOf, type Pattern } from "../pattern.ts";
import { stringList } from "../lists.ts";
import { noSuchOverload, CelFailure, type CelValue } from "../values.ts";
import type { CelFunction, FunctionTable } from "./function.ts";

function withPattern(run: (text: string, pattern: Pattern, rest: CelValue | undefined) => CelValue): CelFunction {
  return ([text, source, rest]) => {
    if (typeof text !== "string" || typeof source !== "string") return noSuchOverload("regex");
    const pattern = patternOf(source);
    return pattern instanceof CelFailure ? pattern : run(text, pattern, rest);
  };
}

/** `matches` chooses by its values, as the operators do. */
export const regexSingletons: FunctionTable = {
  matches: withPattern((text, pattern) => pattern.matches(text)),
};

/** Kubernetes' regular expression functions. */
export const regexFunctions: FunctionTable = {
  string_find_string: withPattern((text, pattern) => pattern.find(text)),
  string_find_all_string: withPattern((text, pattern) => stringList(pattern.findAll(text, -1))),
  string_find_all_string_int: withPattern((text, pattern, limit) =>
    typeof limit === "bigint" ? stringList(pattern.findAll(text, Number(limit))) : noSuchOverload("findAll"),
  ),
};
