import type { CelValue } from "./values.ts";

interface Node {
  /** Unique within an expression. */
  readonly id: number;
  /** Where it begins, in code points from the start. */
  readonly offset: number;
}

export interface LiteralNode extends Node {
  readonly kind: "literal";
  readonly value: CelValue;
}

export interface IdentNode extends Node {
  readonly kind: "ident";
  readonly name: string;
}

export interface SelectNode extends Node {
  readonly kind: "select";
  readonly operand: CelNode;
  readonly field: string;
  /** `has(operand.field)`. */
  readonly testOnly: boolean;
}

export interface CallNode extends Node {
  readonly kind: "call";
  readonly name: string;
  readonly target: CelNode | undefined;
  readonly arguments: readonly CelNode[];
}

export interface ListNode extends Node {
  readonly kind: "list";
  readonly elements: readonly { readonly value: CelNode; readonly optional: boolean }[];
}

export interface MapNode extends Node {
  readonly kind: "map";
  readonly entries: readonly { readonly key: CelNode; readonly value: CelNode; readonly optional: boolean }[];
}

export interface MessageNode extends Node {
  readonly kind: "message";
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly value: CelNode }[];
}

/** A fold: what every macro over a list or map becomes. */
export interface FoldNode extends Node {
  readonly kind: "fold";
  readonly range: CelNode;
  readonly variable: string;
  /** The second variable (element or value) of a two-variable macro. */
  readonly variable2: string | undefined;
  readonly accumulator: string;
  readonly initial: CelNode;
  readonly condition: CelNode;
  readonly step: CelNode;
  readonly result: CelNode;
}

/** An expression after parsing and macro expansion. */
export type CelNode = LiteralNode | IdentNode | SelectNode | CallNode | ListNode | MapNode | MessageNode | FoldNode;

/** The direct parts of a node, in the order in which they are evaluated or written. */
export function childrenOf(node: CelNode): readonly CelNode[] {
  switch (node.kind) {
    case "literal":
    case "ident":
      return [];
    case "select":
      return [node.operand];
    case "call":
      return node.target === undefined ? node.arguments : [node.target, ...node.arguments];
    case "list":
      return node.elements.map((element) => element.value);
    case "map":
      return node.entries.flatMap((entry) => [entry.key, entry.value]);
    case "message":
      return node.fields.map((field) => field.value);
    case "fold":
      return [node.range, node.initial, node.condition, node.step, node.result];
  }
}
