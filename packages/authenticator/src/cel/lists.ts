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
  /** The element at an index within bounds. */
  abstract get(index: number): CelValue;

  /** The element as iteration gives it: unlike `get`, objects in claims are then read without unescaping names. */
  next(index: number): CelValue {
    return this.get(index);
  }
}

/** A list whose elements are there. */
export class ValueList extends CelList {
  readonly representation: "values" | "strings";
  private readonly elements: readonly CelValue[];
  constructor(elements: readonly CelValue[], representation: "values" | "strings" = "values") {
    super();
    this.elements = elements;
    this.representation = representation;
  }
  get size(): number {
    return this.elements.length;
  }
  get(index: number): CelValue {
    return this.elements[index] ?? null;
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
    let position = index;
    let list: ConcatenatedList = this;
    for (;;) {
      const isLeft = position < list.left.size;
      if (!isLeft) position -= list.left.size;
      const part = isLeft ? list.left : list.right;
      if (!(part instanceof ConcatenatedList)) return part.get(position);
      list = part;
    }
  }
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
  if (right.size === 0) return left;
  if (left.size + right.size > maxListSize) return new CelFailure("CEL_TOO_LARGE", `list would have more than ${maxListSize} elements`);
  return new ConcatenatedList(left, right);
}

/** A list of strings as `split` and `findAll` give it. */
export function stringList(elements: readonly string[]): CelList {
  return new ValueList(elements, "strings");
}
