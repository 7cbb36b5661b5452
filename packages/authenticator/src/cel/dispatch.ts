import { declarations, type Overload } from "./declarations.ts";
import { implementations, singletons } from "./functions/index.ts";
import type { CelFunction } from "./functions/function.ts";
import { isOfType } from "./type-names.ts";
import { noSuchOverload, type CelValue } from "./values.ts";

// These look at their arguments themselves, even when they are of another type than declared.
const unguarded: ReadonlySet<string> = new Set(["contains", "endsWith", "startsWith", "flatten"]);

interface Candidate {
  readonly overload: Overload;
  readonly run: CelFunction;
}

function fits(overload: Overload, parameters: readonly CelValue[], guarded: boolean): boolean {
  if (overload.arguments.length !== parameters.length) return false;
  if (!guarded) return true;
  for (let index = 0; index < parameters.length; index += 1) {
    const type = overload.arguments[index];
    if (type === undefined || !isOfType(parameters[index] ?? null, type)) return false;
  }
  return true;
}

function candidatesOf(name: string, ids: readonly string[]): readonly Candidate[] {
  const overloads = declarations.get(name) ?? [];
  const [only] = ids;
  // With one overload left by the types only that one is tried; otherwise all of the function are.
  const chosen = ids.length === 1 ? overloads.filter((overload) => overload.id === only) : overloads;
  return chosen.flatMap((overload) => {
    const run = implementations.get(overload.id);
    return run === undefined ? [] : [{ overload, run }];
  });
}

/** What a call runs. */
export interface Implementation {
  readonly run: CelFunction;
  /** Whether arguments after one that failed are left alone. */
  readonly stopsEarly: boolean;
}

/** The implementation that a call runs, given the overloads that its static types allow. */
export function implementationOf(name: string, ids: readonly string[], count: number): Implementation {
  const singleton = singletons.get(name);
  if (singleton !== undefined) return { run: singleton, stopsEarly: count > 2 };
  const candidates = candidatesOf(name, ids);
  const guarded = !unguarded.has(name);
  const run: CelFunction = (parameters, meter) => {
    for (const candidate of candidates) if (fits(candidate.overload, parameters, guarded)) return candidate.run(parameters, meter);
    return noSuchOverload(name);
  };
  return { run, stopsEarly: count > 2 || candidates.length > 1 || name === "format" };
}
