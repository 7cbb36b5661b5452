import { CelList } from "./lists.ts";
import { typeNameOf } from "./type-names.ts";
import { CelFailure, CelOptional, CelTypeName, type CelValue } from "./values.ts";

/** What an evaluation gave. */
export type CelOutcome =
  | {
      readonly kind: "value";
      /** The value's own type: `bool`, `string`, `list`, `null_type`, `double`, … */
      readonly type: string;
      readonly value: CelValue;
      /** In kube-apiserver's units; more than 1 000 000 is refused. */
      readonly cost: number;
    }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly cost: number };

/** A value with its type, or a failure as one. */
export function toOutcome(value: CelValue, cost: number): CelOutcome {
  if (value instanceof CelFailure) return { kind: "failed", code: value.code, message: value.message, cost };
  return { kind: "value", type: typeNameOf(value), value, cost };
}

// What kube-apiserver sees as a Go string in a list: texts, names of types, and optionals that hold one.
function textOf(value: CelValue): string | undefined {
  if (value instanceof CelTypeName) return value.name;
  if (value instanceof CelOptional) return value.value === undefined ? undefined : textOf(value.value);
  return typeof value === "string" ? value : undefined;
}

/** How a mapping reads a list of strings. */
export interface StringsOptions {
  /**
   * kube-apiserver refuses what `split` and `findAll` give when it is the mapping's value itself, and accepts it
   * after any `map` or `+`. True accepts it always.
   */
  readonly acceptsStringLists: boolean;
}

/**
 * A value as a groups or extra mapping reads it: a string or a list of strings, with empty strings left out, and
 * nothing for null. `undefined` when it is anything else.
 */
export function toStrings(value: CelValue, options: StringsOptions): readonly string[] | undefined {
  if (value === null || value === "") return [];
  if (typeof value === "string") return [value];
  if (!(value instanceof CelList)) return undefined;
  if (value.representation === "strings" && !options.acceptsStringLists) return undefined;
  const texts: string[] = [];
  for (let index = 0; index < value.size; index += 1) {
    const text = textOf(value.get(index));
    if (text === undefined) return undefined;
    if (text !== "") texts.push(text);
  }
  return texts;
}
