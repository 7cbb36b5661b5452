import { CelDuration, CelFailure, CelObjectBase, CelTimestamp, CelTypeName, CelUint, type CelValue } from "./values.ts";

/** A map of CEL values. */
export abstract class CelMap {
  /** What `type()` of it says. */
  readonly typeName: string = "map";
  abstract readonly size: number;
  /** Whether it comes straight from a claim or the user: such a map is never "zero", even when it is empty. */
  readonly isWrapped: boolean = false;
  /** The value that field selection, indexing and `[?…]` find, or `undefined`. */
  abstract find(key: CelValue): CelValue | undefined;
  /** The value as two-variable macros get it: the same without unescaping names. */
  get(key: CelValue): CelValue {
    const value = this.find(key);
    return value === undefined ? noSuchKey(key) : value;
  }
  /** Whether `key in map` holds. */
  contains(key: CelValue): CelValue {
    return this.find(key) !== undefined;
  }
  /** What a one-variable macro iterates over. */
  abstract keys(): readonly CelValue[];
}

/** The failure of a lookup. */
export function noSuchKey(key: CelValue): CelFailure {
  return new CelFailure("CEL_NO_SUCH_KEY", `no such key: ${describeKey(key)}`);
}

/** A key for messages. */
export function describeKey(key: CelValue): string {
  if (key instanceof CelUint) return key.value.toString();
  if (typeof key === "object" && key !== null) return "(not a simple key)";
  return String(key);
}

// An exact key: equal text and kind. Numbers of different kinds are different keys, as in Go; what Go holds by
// reference is only equal to itself.
function keyText(key: CelValue): unknown {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "number" && Object.is(key, -0)) return 0;
  return typeof key === "object" && key !== null ? objectKey(key) : key;
}

function objectKey(key: CelValue & object): unknown {
  if (key instanceof CelUint) return `u${key.value}`;
  if (key instanceof CelDuration) return `d${key.nanoseconds}`;
  if (key instanceof CelTimestamp && key.offsetSeconds === 0) return `t${key.nanoseconds}`;
  if (key instanceof CelTypeName) return `n${key.name}`;
  return key instanceof CelObjectBase ? (key.mapKey ?? key) : key;
}

function numberOf(key: CelValue): bigint | undefined {
  if (typeof key === "bigint") return key;
  if (key instanceof CelUint) return key.value;
  return typeof key === "number" && Number.isInteger(key) ? BigInt(key) : undefined;
}

/** A map that an expression makes: a literal or what `transformMap` collects. */
export class EntryMap extends CelMap {
  private readonly entries: Map<unknown, readonly [CelValue, CelValue]> = new Map();
  get size(): number {
    return this.entries.size;
  }
  find(key: CelValue): CelValue | undefined {
    const exact = this.entries.get(keyText(key));
    if (exact !== undefined) return exact[1];
    const number = numberOf(key);
    if (number === undefined) return undefined;
    const other = typeof key === "bigint" ? undefined : this.entries.get(number);
    return (other ?? (key instanceof CelUint ? undefined : this.entries.get(`u${number}`)))?.[1];
  }
  keys(): readonly CelValue[] {
    return Array.from(this.entries.values(), ([key]) => key);
  }
  /** Sets a value, replacing the one of the same key; only while the map is being made. */
  set(key: CelValue, value: CelValue): void {
    this.entries.set(keyText(key), [key, value]);
  }
  /** Whether exactly this key is there: 1 and 1u are two. */
  has(key: CelValue): boolean {
    return this.entries.has(keyText(key));
  }
  /** Removes a key; only while the map is being made. */
  remove(key: CelValue): void {
    this.entries.delete(keyText(key));
  }
}
