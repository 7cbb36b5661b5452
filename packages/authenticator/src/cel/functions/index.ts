import type { CelFunction, FunctionTable } from "./function.ts";
import { conversions } from "./conversions.ts";
import { listFunctions, listSingletons } from "./lists.ts";
import { networkFunctions } from "./network.ts";
import { formatFunctions } from "./named-format.ts";
import { operators } from "./operators.ts";
import { optionalFunctions } from "./optionals.ts";
import { quantityFunctions } from "./quantity.ts";
import { regexFunctions, regexSingletons } from "./regex.ts";
import { semverFunctions } from "./semver.ts";
import { setFunctions } from "./sets.ts";
import { stringFunctions } from "./strings.ts";
import { timeFunctions } from "./time.ts";
import { urlFunctions } from "./url.ts";

function collect(tables: readonly FunctionTable[]): ReadonlyMap<string, CelFunction> {
  return new Map(tables.flatMap((table) => Object.entries(table)));
}

/** Implementations that look at their arguments themselves, by function. */
export const singletons: ReadonlyMap<string, CelFunction> = collect([operators, listSingletons, regexSingletons]);

/** Implementations by overload; whoever calls one has matched the arguments with its signature. */
export const implementations: ReadonlyMap<string, CelFunction> = collect([
  conversions,
  listFunctions,
  networkFunctions,
  formatFunctions,
  optionalFunctions,
  quantityFunctions,
  regexFunctions,
  semverFunctions,
  setFunctions,
  stringFunctions,
  timeFunctions,
  urlFunctions,
]);
