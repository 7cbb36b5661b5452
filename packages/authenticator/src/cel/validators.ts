import { childrenOf, type CallNode, type CelNode } from "./ast.ts";
import { CheckError } from "./check-scope.ts";
import type { Checked } from "./checker.ts";
import { unwrapOptional, type CelType } from "./cel-type.ts";
import { parseFormat, type FormatClause } from "./format-string.ts";
import { checkedTimestamp, second } from "./functions/time-arithmetic.ts";
import { patternOf } from "./pattern.ts";
import { parseDuration, parseTimestamp } from "./time-text.ts";
import { CelFailure, type CelValue } from "./values.ts";

// What cel-go checks beyond types: literals of durations, timestamps and regular expressions, elements of one type,
// and format strings against their arguments.

function isValidLiteral(name: string, value: CelValue): boolean {
  if (name === "matches") return typeof value !== "string" || !(patternOf(value) instanceof CelFailure);
  const seconds = name === "timestamp" && typeof value === "bigint" ? checkedTimestamp(value * second) : true;
  if (typeof value !== "string") return !(seconds instanceof CelFailure);
  const parsed = name === "duration" ? parseDuration(value) : parseTimestamp(value);
  return parsed !== undefined && !(parsed instanceof CelFailure);
}

function checkLiterals(node: CallNode): void {
  if (!["duration", "timestamp", "matches"].includes(node.name)) return;
  const [argument] = node.arguments;
  if (argument?.kind === "literal" && !isValidLiteral(node.name, argument.value))
    throw new CheckError(`invalid ${node.name} argument`, argument);
}

const clauseTypes: Readonly<Record<string, readonly string[]>> = {
  s: ["list", "map", "int", "uint", "double", "bool", "string", "timestamp", "bytes", "duration", "type", "null", "dyn"],
  d: ["int", "uint", "dyn"],
  f: ["double", "string", "dyn"],
  e: ["double", "string", "dyn"],
  b: ["int", "uint", "bool", "dyn"],
  x: ["int", "uint", "string", "bytes", "dyn"],
  X: ["int", "uint", "string", "bytes", "dyn"],
  o: ["int", "uint", "dyn"],
};

class Validator {
  private readonly checked: Checked;
  constructor(checked: Checked) {
    this.checked = checked;
  }

  visit(node: CelNode, isExempt: boolean): void {
    if (node.kind === "call") {
      checkLiterals(node);
      this.checkFormat(node);
    }
    if (!isExempt) this.checkElements(node);
    // Arguments of `format` may be of any types.
    const exemptsChildren = isExempt || (node.kind === "call" && node.name === "format");
    for (const child of childrenOf(node)) this.visit(child, exemptsChildren);
  }

  private typeOf(node: CelNode, optional: boolean): CelType | undefined {
    const type = this.checked.types.get(node.id);
    if (!optional || type === undefined) return type;
    const inner = unwrapOptional(type);
    // kube-apiserver panics when it loads an optional element whose type is not known.
    if (inner === undefined) throw new CheckError(`optional element is of type '${type.text}'`, node);
    return inner;
  }

  private checkElements(node: CelNode): void {
    if (node.kind === "list") this.demandOneType(node.elements);
    if (node.kind !== "map") return;
    this.demandOneType(node.entries.map(({ key }) => ({ value: key, optional: false })));
    this.demandOneType(node.entries);
  }

  private demandOneType(elements: readonly { readonly value: CelNode; readonly optional: boolean }[]): void {
    let first: CelType | undefined;
    for (const { value, optional } of elements) {
      const type = this.typeOf(value, optional);
      first ??= type;
      if (first !== undefined && type !== undefined && first.text !== type.text)
        throw new CheckError(`expected type '${first.text}' but found '${type.text}'`, value);
    }
  }

  private checkFormat(node: CallNode): void {
    const [list] = node.arguments;
    const isFormat = node.name === "format" && this.checked.overloads.get(node.id)?.includes("string_format") === true;
    const text = node.target?.kind === "literal" ? node.target.value : undefined;
    if (!isFormat || list?.kind !== "list" || typeof text !== "string") return;
    const clauses = parseFormat(text);
    if (typeof clauses === "string") throw new CheckError(`could not parse formatting clause: ${clauses}`, node);
    const values = list.elements.map(({ value }) => value);
    this.checkClauses(
      node,
      clauses.filter((part) => typeof part !== "string"),
      values,
    );
  }

  private checkClauses(node: CelNode, clauses: readonly FormatClause[], values: readonly CelNode[]): void {
    for (const [index, { verb }] of clauses.entries()) {
      const value = values[index];
      if (value === undefined) throw new CheckError(`index ${index} out of range`, node);
      this.checkClause(verb, value);
    }
    if (values.length > clauses.length)
      throw new CheckError(`too many arguments supplied to string.format (expected ${clauses.length}, got ${values.length})`, node);
  }

  private checkClause(verb: string, value: CelNode): void {
    const type = this.checked.types.get(value.id);
    if (type !== undefined && clauseTypes[verb]?.includes(type.name) !== true)
      throw new CheckError(`error during formatting: clause %${verb} cannot be used on ${type.text}`, value);
    const isNested = verb === "s" && (value.kind === "list" || value.kind === "map");
    for (const child of isNested ? childrenOf(value) : []) this.checkClause(verb, child);
  }
}

/** Refuses what kube-apiserver's validators refuse in an expression whose types are right. Throws `CheckError`. */
export function validateExpression(checked: Checked): void {
  new Validator(checked).visit(checked.root, false);
}
