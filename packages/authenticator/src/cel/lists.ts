import { CelFailure, type CelValue } from "./values.ts";

/** More elements than an expression can look at within its cost limit. */
const maxListSize = 1_000_000;

/** A list of CEL values. */
export abstract class CelList {
  abstract readonly size: number;
  /**
   * How kube-apiserver holds the elements, which decides whether a mapping accepts them: `values` and `json` yes,
   * `strings` (what `split` and `findAll` give) no.
   */
  abstract readonly representation: "values" | "json" | "strings";
  /** Whether it comes straight from a claim or the user: such a list is never "zero", even when it is empty. */
  readonly isWrapped: boolean = false;
  /** The element at an index within bounds. */
  abstract get(index: number): CelValue;

  /** The list without what reading it from a claim adds: how it goes into a sum. */
  unwrap(): CelList {
    return this;
  }

  /** The element as iteration gives it: unlike `get`, objects in claims are then read without unescaping names. */
  next(index: number): CelValue {
    return this.get(index);
  }
}

/** A list whose elements are there. */
export class ValueList extends CelList {
  readonly representation: "values" | "strings";
  override readonly isWrapped: boolean;
  private readonly elements: readonly CelValue[];
  constructor(elements: readonly CelValue[], representation: "values" | "strings" = "values", isWrapped = false) {
    super();
    this.elements = elements;
    this.representation = representation;
    this.isWrapped = isWrapped;
  }
  get size(): number {
    return this.elements.length;
  }
  get(index: number): CelValue {
    return this.elements[index] ?? null;
  }
  override unwrap(): CelList {
    return this.isWrapped ? new ValueList(this.elements, this.representation) : this;
  }
}

class ConcatenatedList extends CelList {
  readonly representation = "json";
  readonly size: number;
  private readonly left: CelList;
  private readonly right: CelList;
  constructor(left: CelList, right: CelList) {
    super();
    this.left = left;
    this.right = right;
    this.size = left.size + right.size;
  }
  get(index: number): CelValue {
    return elementAt(this, index);
  }
  /** The part that holds an index, and where in it. */
  locate(index: number): { readonly part: CelList; readonly index: number } {
    const before = this.left.size;
    return index < before ? { part: this.left, index } : { part: this.right, index: index - before };
  }
}

// A loop, since lists are added to each other many times.
function elementAt(list: ConcatenatedList, index: number): CelValue {
  let place = list.locate(index);
  while (place.part instanceof ConcatenatedList) place = place.part.locate(place.index);
  return place.part.get(place.index);
}

/** The list that a macro collects into; it grows in place and is copied once, when the macro ends. */
export class GrowingList extends CelList {
  readonly representation = "values";
  private readonly elements: CelValue[] = [];
  get size(): number {
    return this.elements.length;
  }
  get(index: number): CelValue {
    return this.elements[index] ?? null;
  }
  /** Appends every element of another list. */
  append(other: CelList): void {
    for (let index = 0; index < other.size; index += 1) this.elements.push(other.get(index));
  }
  /** What was collected, no longer growing. */
  freeze(): CelList {
    return new ValueList(this.elements);
  }
}

/** Both lists one after the other, without copying either. */
export function concatenate(left: CelList, right: CelList): CelList | CelFailure {
  if (left instanceof GrowingList) {
    left.append(right);
    return left;
  }
  if (left.size === 0) return right;
  if (right.size === 0) return left.unwrap();
  if (left.size + right.size > maxListSize) return new CelFailure("CEL_TOO_LARGE", `list would have more than ${maxListSize} elements`);
  return new ConcatenatedList(left.unwrap(), right);
}

/** A list of strings as `split` and `findAll` give it. */
export function stringList(elements: readonly string[], isWrapped = false): CelList {
  return new ValueList(elements, "strings", isWrapped);
}
