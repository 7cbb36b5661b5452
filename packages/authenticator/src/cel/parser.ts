import type { CelNode } from "./ast.ts";
import { CelSyntaxError } from "./lexer.ts";
import { TokenStream } from "./token-stream.ts";
import { literalValue } from "./literals.ts";
import { expandHas, expandMember } from "./macros.ts";
import { NodeFactory } from "./node-factory.ts";

const maxCodePoints = 100_000;
const maxDepth = 250;

const reservedNames: ReadonlySet<string> = new Set(
  `as break const continue else false for function if import in let loop package namespace null return true var void
while`.split(/\s/),
);

const relations: ReadonlyMap<string, string> = new Map([
  ["in", "@in"],
  ...["<", "<=", ">=", ">", "==", "!="].map((operator) => [operator, `_${operator}_`] as const),
]);

type Rule = "expr" | "relation" | "calc" | "member";

/** Parses one expression; the grammar, its limits and the order of its parts are cel-go's. */
class Parser extends TokenStream {
  private readonly factory = new NodeFactory();
  private readonly depth: Record<Rule, number> = { expr: 0, relation: 0, calc: 0, member: 0 };
  // How deep the visitor of cel-go would go for a node; it counts operators and selections, not parentheses.
  private readonly heights: WeakMap<CelNode, number> = new WeakMap();

  parse(): CelNode {
    const node = this.expression();
    if (this.peek().kind !== "end") throw this.unexpected();
    return node;
  }

  private enter(rule: Rule): void {
    this.depth[rule] += 1;
    if (this.depth[rule] > maxDepth) throw new CelSyntaxError(`expression recursion limit exceeded: ${maxDepth}`, this.peek().offset);
  }

  // Remembers how deep a node is; `parts` are those that cel-go visits below it.
  private raise(node: CelNode, parts: readonly (CelNode | undefined)[], by = 1): CelNode {
    const height = by + Math.max(0, ...parts.map((part) => (part === undefined ? 0 : (this.heights.get(part) ?? 0))));
    if (height > maxDepth) throw new CelSyntaxError("max recursion depth exceeded", node.offset);
    this.heights.set(node, height);
    return node;
  }

  private expression(): CelNode {
    this.enter("expr");
    const condition = this.logical("||");
    let node = condition;
    if (this.isOp("?")) {
      const { offset } = this.take();
      const yes = this.logical("||");
      this.expect(":");
      const no = this.expression();
      node = this.raise(this.factory.call("_?_:_", [condition, yes, no], offset), [condition, yes, no]);
    }
    this.depth.expr -= 1;
    return node;
  }

  private logical(operator: "||" | "&&"): CelNode {
    const operand = (): CelNode => (operator === "||" ? this.logical("&&") : this.relation());
    const terms = [operand()];
    const offsets: number[] = [];
    while (this.isOp(operator)) {
      offsets.push(this.take().offset);
      terms.push(operand());
    }
    return this.balance(`_${operator}_`, terms, offsets);
  }

  // A chain of `&&` or `||` becomes a balanced tree, so that its depth is the logarithm of its length.
  private balance(name: string, terms: readonly CelNode[], offsets: readonly number[]): CelNode {
    const [first] = terms;
    if (first === undefined) throw this.unexpected();
    if (offsets.length === 0) return first;
    const middle = Math.floor(offsets.length / 2);
    const left = this.balance(name, terms.slice(0, middle + 1), offsets.slice(0, middle));
    const right = this.balance(name, terms.slice(middle + 1), offsets.slice(middle + 1));
    return this.raise(this.factory.call(name, [left, right], offsets[middle] ?? 0), [left, right], 0);
  }

  private relation(): CelNode {
    this.enter("relation");
    let node = this.calculation(1);
    for (let name = this.relationName(); name !== undefined; name = this.relationName()) {
      const { offset } = this.take();
      this.enter("relation");
      const right = this.calculation(1);
      this.depth.relation -= 1;
      node = this.raise(this.factory.call(name, [node, right], offset), [node, right]);
    }
    this.depth.relation -= 1;
    return node;
  }

  private relationName(): string | undefined {
    return this.peek().kind === "op" ? relations.get(this.peek().text) : undefined;
  }

  // Both precedences are one rule of the grammar, entered again for each right side, which its depth depends on.
  private calculation(lowest: number): CelNode {
    this.enter("calc");
    let node = this.unary();
    for (let rank = this.rank(); rank >= lowest; rank = this.rank()) {
      const { text, offset } = this.take();
      const right = this.calculation(rank + 1);
      node = this.raise(this.factory.call(`_${text}_`, [node, right], offset), [node, right]);
    }
    this.depth.calc -= 1;
    return node;
  }

  private rank(): number {
    const { kind, text } = this.peek();
    if (kind !== "op") return 0;
    if (text === "+" || text === "-") return 1;
    return text === "*" || text === "/" || text === "%" ? 2 : 0;
  }

  private unary(): CelNode {
    const operator = this.isOp("!") ? "!" : "-";
    let count = 0;
    while (this.isOp(operator, count)) count += 1;
    const isSign = operator === "-" && count === 1 && this.isNumber(1);
    if (count === 0 || isSign) return this.member();
    const { offset } = this.peek();
    for (let taken = 0; taken < count; taken += 1) this.take();
    const operand = this.member();
    if (count % 2 === 0) return operand;
    return this.raise(this.factory.call(operator === "!" ? "!_" : "-_", [operand], offset), [operand], 0);
  }

  private member(): CelNode {
    this.enter("member");
    let node = this.primary();
    while (this.isOp(".") || this.isOp("[")) node = this.accept(".") ? this.selection(node) : this.index(node);
    this.depth.member -= 1;
    return node;
  }

  private selection(operand: CelNode): CelNode {
    const { offset } = this.peek();
    const optional = this.accept("?");
    const token = this.peek();
    const field = this.fieldName();
    if (optional) {
      const name = this.factory.literal(field, token.offset);
      return this.raise(this.factory.call("_?._", [operand, name], offset), [operand]);
    }
    if (token.kind !== "ident" || !this.isOp("(")) return this.raise(this.factory.select(operand, field, offset), [operand]);
    const parameters = this.parameters();
    const call = { factory: this.factory, target: operand, arguments: parameters, offset };
    const node = expandMember(field, call) ?? this.factory.call(field, parameters, offset, operand);
    return this.raise(node, [operand, ...parameters]);
  }

  private fieldName(): string {
    const token = this.take();
    if (token.kind === "ident") return token.text;
    if (token.kind === "escaped") return token.text.slice(1, -1);
    this.back();
    throw this.unexpected();
  }

  private index(operand: CelNode): CelNode {
    const { offset } = this.expect("[");
    const name = this.accept("?") ? "_[?_]" : "_[_]";
    const key = this.expression();
    this.expect("]");
    return this.raise(this.factory.call(name, [operand, key], offset), [operand, key]);
  }

  private parameters(): readonly CelNode[] {
    this.expect("(");
    const nodes: CelNode[] = [];
    while (!this.isOp(")")) {
      if (nodes.length > 0) this.expect(",");
      nodes.push(this.expression());
    }
    this.expect(")");
    return nodes;
  }

  private primary(): CelNode {
    const token = this.peek();
    if (token.kind === "ident" || this.isOp(".")) return this.named();
    if (this.isOp("[")) return this.list();
    if (this.isOp("{")) return this.map();
    if (!this.accept("(")) return this.literal();
    const node = this.expression();
    this.expect(")");
    return node;
  }

  private named(): CelNode {
    const dot = this.accept(".") ? "." : "";
    if (this.peek().kind !== "ident") throw this.unexpected();
    if (this.startsMessage()) return this.message(dot);
    const token = this.take();
    if (reservedNames.has(token.text)) throw new CelSyntaxError(`reserved identifier: ${token.text}`, token.offset);
    const name = dot + token.text;
    if (!this.isOp("(")) return this.factory.ident(name, token.offset);
    const parameters = this.parameters();
    const node = expandHas(name, parameters, this.factory, token.offset) ?? this.factory.call(name, parameters, token.offset);
    return this.raise(node, parameters, 0);
  }

  private message(dot: string): CelNode {
    const names = [this.take().text];
    while (this.accept(".")) names.push(this.take().text);
    const { offset } = this.expect("{");
    const fields: { name: string; value: CelNode }[] = [];
    this.separated("}", () => {
      this.accept("?");
      const name = this.fieldName();
      this.expect(":");
      fields.push({ name, value: this.expression() });
    });
    const node = this.factory.message(dot + names.join("."), fields, offset);
    return this.raise(
      node,
      fields.map((field) => field.value),
      0,
    );
  }

  // Items between commas up to a closing bracket; one comma may follow the last, or stand alone.
  private separated(close: string, item: () => void): void {
    if (!this.isOp(close) && !this.isOp(",")) {
      item();
      while (this.isOp(",") && !this.isOp(close, 1)) {
        this.take();
        item();
      }
    }
    this.accept(",");
    this.expect(close);
  }

  private list(): CelNode {
    const { offset } = this.expect("[");
    const elements: { value: CelNode; optional: boolean }[] = [];
    this.separated("]", () => {
      const optional = this.accept("?");
      elements.push({ value: this.expression(), optional });
    });
    return this.raise(
      this.factory.list(elements, offset),
      elements.map((element) => element.value),
      0,
    );
  }

  private map(): CelNode {
    const { offset } = this.expect("{");
    const entries: { key: CelNode; value: CelNode; optional: boolean }[] = [];
    this.separated("}", () => {
      const optional = this.accept("?");
      const key = this.expression();
      this.expect(":");
      entries.push({ key, value: this.expression(), optional });
    });
    const parts = entries.flatMap((entry) => [entry.key, entry.value]);
    return this.raise(this.factory.map(entries, offset), parts, 0);
  }

  private literal(): CelNode {
    const negative = this.isOp("-") && this.isNumber(1);
    const { offset } = this.peek();
    if (negative) this.take();
    const value = literalValue(this.peek(), negative);
    if (value === undefined) throw this.unexpected();
    this.take();
    return this.factory.literal(value, offset);
  }
}

/** The tree of an expression, macros expanded. Throws `CelSyntaxError`. */
export function parseExpression(source: string): CelNode {
  if (source.length > maxCodePoints && Array.from(source).length > maxCodePoints)
    throw new CelSyntaxError(`expression code point size exceeds limit: ${maxCodePoints}`, 0);
  return new Parser(source).parse();
}
