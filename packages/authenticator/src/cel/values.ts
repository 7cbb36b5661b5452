import type { CelList } from "./lists.ts";
import type { CelMap } from "./maps.ts";

/** An unsigned 64-bit integer; signed ones are plain `bigint`, doubles plain `number`. */
export class CelUint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** A point in time between the years 1 and 9999, in nanoseconds since 1970, with the offset it was written with. */
export class CelTimestamp {
  readonly nanoseconds: bigint;
  /** Seconds east of UTC; only how it prints depends on it. */
  readonly offsetSeconds: number;
  constructor(nanoseconds: bigint, offsetSeconds = 0) {
    this.nanoseconds = nanoseconds;
    this.offsetSeconds = offsetSeconds;
  }
}

/** A span of time in nanoseconds, signed 64 bits. */
export class CelDuration {
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

/** The name of a type as a value: what `type(1)` gives. */
export class CelTypeName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A value that may be absent. */
export class CelOptional {
  static readonly none: CelOptional = new CelOptional(undefined);
  readonly value: CelValue | undefined;
  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}

/** A value of a type that only its own functions know: quantity, IP address, URL and so on. */
export interface CelObject {
  readonly typeName: string;
  /** Set where `size()` of it is more than 1 in the cost model. */
  readonly costSize?: number;
  equals(other: CelObject): boolean | CelFailure;
}

/** What is wrong when an expression has no value. It is itself a value that `||` and `&&` can absorb. */
export class CelFailure {
  readonly code: string;
  readonly message: string;
  constructor(code: string, message: string) {
    this.code = code;
    this.message = message;
  }
}

/** Anything that an expression can evaluate to. */
export type CelValue =
  | boolean
  | string
  | number
  | bigint
  | null
  | Uint8Array
  | CelUint
  | CelTimestamp
  | CelDuration
  | CelTypeName
  | CelOptional
  | CelList
  | CelMap
  | CelObjectBase
  | CelFailure;

/** The base of values that only their own functions know. */
export abstract class CelObjectBase implements CelObject {
  abstract readonly typeName: string;
  readonly costSize: number = 1;
  /** Set where Go compares map keys of the type by value. */
  readonly mapKey: string | undefined = undefined;
  abstract equals(other: CelObject): boolean | CelFailure;
}

/** The arguments fit none of the function's signatures. */
export function noSuchOverload(name: string): CelFailure {
  return new CelFailure("CEL_NO_SUCH_OVERLOAD", `no such overload: ${name}`);
}

/** A conversion, an index or a range that the value does not allow. */
export function invalidArgument(message: string): CelFailure {
  return new CelFailure("CEL_INVALID_ARGUMENT", message);
}

/** Both sides were compared and are of types that cannot be ordered or equated. */
export function overflow(what: string): CelFailure {
  return new CelFailure("CEL_OVERFLOW", `${what} overflow`);
}
