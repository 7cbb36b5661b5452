import type { Frame, Step } from "./frame.ts";
import { CelList } from "./lists.ts";
import { CelMap, describeKey, noSuchKey } from "./maps.ts";
import { typeNameOf } from "./type-names.ts";
import { CelFailure, CelOptional, CelUint, type CelValue } from "./values.ts";

/** One selection or index: a key that is known, or that is computed each time. */
export interface Qualifier {
  readonly key: Step;
  /** `.?` or `[?]`: absence makes an empty optional. */
  readonly optional: boolean;
  /** `has(…)`: whether the key is there. */
  readonly testOnly: boolean;
  /** Selections from `.claims` where a macro's variable hides it: cel-go loses sight of what they cost. */
  readonly isFree?: boolean;
}

// The position that a value stands for in a list, or why it is none.
function indexOf(key: CelValue): number | CelFailure {
  if (typeof key === "bigint") return Number(key);
  if (key instanceof CelUint && key.value < 2n ** 63n) return Number(key.value);
  if (typeof key === "number" && Number.isInteger(key) && Math.abs(key) < 2 ** 63) return key;
  const isNumber = key instanceof CelUint || typeof key === "number";
  return new CelFailure(
    "CEL_INDEX",
    isNumber ? `unsupported index value ${describeKey(key)} in list` : `unsupported index type '${typeNameOf(key)}' in list`,
  );
}

// `undefined` is absence, in a test as well as in a selection.
function find(container: CelValue, key: CelValue): CelValue | undefined {
  if (container instanceof CelMap) return container.find(key);
  if (!(container instanceof CelList)) return undefined;
  const index = indexOf(key);
  if (index instanceof CelFailure) return index;
  return index >= 0 && index < container.size ? container.get(index) : undefined;
}

function absent(container: CelValue, key: CelValue): CelFailure {
  if (container instanceof CelList) return new CelFailure("CEL_INDEX", `index out of bounds: ${describeKey(key)}`);
  return noSuchKey(key);
}

/** Whether a value can be looked up in a map or list at all. */
export function isKey(key: CelValue): boolean {
  return typeof key !== "object" || key instanceof CelUint;
}

type Found = { readonly value: CelValue } | "absent";

function applyOne(container: CelValue, qualifier: Qualifier, isOptional: boolean, frame: Frame): Found {
  const key = qualifier.key(frame);
  const found = findKey(container, key);
  // A part that is not there, or cannot be looked for, costs nothing when it need not be there.
  if (found === undefined && isOptional) return "absent";
  if (qualifier.isFree !== true && !(isOptional && found instanceof CelFailure)) frame.meter.charge(1);
  if (qualifier.testOnly && !isOptional && !(found instanceof CelFailure)) return { value: found !== undefined };
  return { value: found === undefined ? absent(container, key) : found };
}

function findKey(container: CelValue, key: CelValue): CelValue | undefined {
  if (key instanceof CelFailure) return key;
  return isKey(key) ? find(container, key) : new CelFailure("CEL_INDEX", `invalid qualifier type: ${typeNameOf(key)}`);
}

/** What a chain of selections and indexes gives, starting from a value. */
export function applyQualifiers(start: CelValue, qualifiers: readonly Qualifier[], frame: Frame): CelValue {
  let value = start;
  let isOptional = false;
  if (value instanceof CelOptional) {
    if (value.value === undefined) return value;
    value = value.value;
    isOptional = true;
  }
  for (const qualifier of qualifiers) {
    isOptional ||= qualifier.optional;
    const found = applyOne(value, qualifier, isOptional, frame);
    if (found === "absent") return CelOptional.none;
    if (found.value instanceof CelFailure) return found.value;
    value = found.value;
  }
  return isOptional ? new CelOptional(value) : value;
}
