import type { CallNode, CelNode, FoldNode, ListNode, SelectNode } from "./ast.ts";
import { CelSyntaxError } from "./lexer.ts";
import type { CelValue } from "./values.ts";

/** The accumulator of every macro; no name in an expression can be spelt like it. */
export const accumulatorName = "@result";

// `optMap` copies its target, so a chain of them doubles each time.
const maxNodes = 200_000;

/** Makes nodes and numbers them. Throws `CelSyntaxError` when an expression grows past all bounds. */
export class NodeFactory {
  private count = 0;

  private next(offset: number): { id: number; offset: number } {
    this.count += 1;
    if (this.count > maxNodes) throw new CelSyntaxError(`expression has more than ${maxNodes} parts`, offset);
    return { id: this.count, offset };
  }

  literal(value: CelValue, offset: number): CelNode {
    return { kind: "literal", value, ...this.next(offset) };
  }

  ident(name: string, offset: number): CelNode {
    return { kind: "ident", name, ...this.next(offset) };
  }

  accumulator(offset: number): CelNode {
    return this.ident(accumulatorName, offset);
  }

  select(operand: CelNode, field: string, offset: number, testOnly = false): SelectNode {
    return { kind: "select", operand, field, testOnly, ...this.next(offset) };
  }

  call(name: string, parameters: readonly CelNode[], offset: number, target?: CelNode): CallNode {
    return { kind: "call", name, target, arguments: parameters, ...this.next(offset) };
  }

  list(elements: ListNode["elements"], offset: number): CelNode {
    return { kind: "list", elements, ...this.next(offset) };
  }

  map(entries: readonly { key: CelNode; value: CelNode; optional: boolean }[], offset: number): CelNode {
    return { kind: "map", entries, ...this.next(offset) };
  }

  message(name: string, fields: readonly { name: string; value: CelNode }[], offset: number): CelNode {
    return { kind: "message", name, fields, ...this.next(offset) };
  }

  fold(parts: Omit<FoldNode, "kind" | "id" | "offset">, offset: number): CelNode {
    return { kind: "fold", ...parts, ...this.next(offset) };
  }

  /** `cel.bind`'s form: `variable` is `value` in `result`; evaluated once, when first used. */
  binding(variable: string, value: CelNode, result: CelNode, offset: number): CelNode {
    const parts = {
      range: this.list([], offset),
      variable: "#unused",
      variable2: undefined,
      accumulator: variable,
      initial: value,
      condition: this.literal(false, offset),
      step: this.ident(variable, offset),
      result,
    };
    return this.fold(parts, offset);
  }

  /** The same expression with numbers of its own. */
  copy(node: CelNode): CelNode {
    const fresh = this.next(node.offset);
    switch (node.kind) {
      case "literal":
      case "ident":
        return { ...node, ...fresh };
      case "select":
        return { ...node, ...fresh, operand: this.copy(node.operand) };
      case "call":
        return { ...node, ...fresh, target: node.target && this.copy(node.target), arguments: this.copyAll(node.arguments) };
      case "list":
        return { ...node, ...fresh, elements: node.elements.map((element) => this.copyValue(element)) };
      case "map":
        return { ...node, ...fresh, entries: node.entries.map((entry) => ({ ...this.copyValue(entry), key: this.copy(entry.key) })) };
      case "message":
        return { ...node, ...fresh, fields: node.fields.map((field) => this.copyValue(field)) };
      case "fold":
        return this.copyFold(node, fresh);
    }
  }

  private copyAll(nodes: readonly CelNode[]): readonly CelNode[] {
    return nodes.map((node) => this.copy(node));
  }

  private copyValue<T extends { readonly value: CelNode }>(part: T): T {
    return { ...part, value: this.copy(part.value) };
  }

  private copyFold(node: FoldNode, fresh: { id: number; offset: number }): CelNode {
    return {
      ...node,
      ...fresh,
      range: this.copy(node.range),
      initial: this.copy(node.initial),
      condition: this.copy(node.condition),
      step: this.copy(node.step),
      result: this.copy(node.result),
    };
  }
}
