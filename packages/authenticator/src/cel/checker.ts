import type { CallNode, CelNode, FoldNode, ListNode, MapNode, MessageNode, SelectNode } from "./ast.ts";
import * as types from "./cel-type.ts";
import type { CelType } from "./cel-type.ts";
import { CheckError, literalType, type Scope, type Variable } from "./check-scope.ts";
import { declarations, type Overload } from "./declarations.ts";
import { assign, mostGeneral, substitute, type Substitutions } from "./unify.ts";

/** What checking found out about each node, by its number. */
export interface Checked {
  readonly root: CelNode;
  readonly types: ReadonlyMap<number, CelType>;
  /** The overloads that fit a call. */
  readonly overloads: ReadonlyMap<number, readonly string[]>;
  /** The full name of a function or type that was written like a selection (`sets.contains`, `net.IP`). */
  readonly names: ReadonlyMap<number, string>;
}

/** Checks types as cel-go does; the first mistake is thrown as a `CheckError`. */
class Checker {
  readonly types: Map<number, CelType> = new Map();
  readonly overloads: Map<number, readonly string[]> = new Map();
  readonly names: Map<number, string> = new Map();
  private known: Substitutions = new Map();
  private scope: Scope;
  private freeCount = 0;

  constructor(root: Scope) {
    this.scope = root;
  }

  check(node: CelNode): CelType {
    const type = this.checkKind(node);
    this.types.set(node.id, type);
    return type;
  }

  /** Replaces what is still free by `dyn`, once everything is known. */
  finish(): void {
    for (const [id, type] of this.types) this.types.set(id, substitute(this.known, type, true));
  }

  private checkKind(node: CelNode): CelType {
    switch (node.kind) {
      case "literal":
        return literalType(node.value);
      case "ident":
        return this.identifier(node, node.name);
      case "select":
        return this.selection(node);
      case "call":
        return node.name === "_?._" ? this.optionalSelection(node) : this.call(node);
      case "list":
        return this.list(node);
      case "map":
        return this.map(node);
      case "message":
        return this.message(node);
      case "fold":
        return this.fold(node);
    }
  }

  private note(node: CelNode, variable: Variable): CelType {
    if (variable.typeName !== undefined) this.names.set(node.id, variable.typeName);
    else if (variable.disambiguated) this.names.set(node.id, `.${variable.name}`);
    return variable.type;
  }

  private identifier(node: CelNode, name: string): CelType {
    const variable = this.scope.resolve(name);
    if (variable === undefined) throw new CheckError(`undeclared reference to '${name}' (in container '')`, node);
    return this.note(node, variable);
  }

  private selection(node: SelectNode): CelType {
    const path = qualifiedName(node);
    const variable = path === undefined ? undefined : this.scope.resolveQualified(path);
    if (variable !== undefined) return this.note(node, variable);
    const type = this.field(node, node.operand, node.field, false);
    return node.testOnly ? types.boolType : this.resolved(type);
  }

  private optionalSelection(node: CallNode): CelType {
    const [operand, field] = node.arguments;
    if (operand === undefined || field?.kind !== "literal" || typeof field.value !== "string")
      throw new CheckError("unsupported optional field selection", node);
    this.types.set(field.id, types.stringType);
    this.overloads.set(node.id, ["select_optional_field"]);
    return this.resolved(this.field(node, operand, field.value, true));
  }

  private field(node: CelNode, operand: CelNode, field: string, optional: boolean): CelType {
    const operandType = this.resolved(this.check(operand));
    const inner = types.unwrapOptional(operandType);
    const result = this.fieldType(node, inner ?? operandType, field);
    return inner !== undefined || optional ? types.optionalOf(result) : result;
  }

  private fieldType(node: CelNode, target: CelType, field: string): CelType {
    if (target.kind === "map") return target.parameters[1] ?? types.dynType;
    if (target.kind === "struct") {
      const type = this.scope.fieldType(target, field);
      if (type === undefined) throw new CheckError(`undefined field '${field}'`, node);
      return type;
    }
    if (target.kind === "param") this.fits(types.dynType, target);
    else if (!types.isDyn(target)) throw new CheckError(`type '${target.text}' does not support field selection`, node);
    return types.dynType;
  }

  private call(node: CallNode): CelType {
    for (const parameter of node.arguments) this.check(parameter);
    if (node.target === undefined) return this.resolve(node, node.name, undefined);
    const prefix = qualifiedName(node.target);
    const qualified = prefix === undefined ? undefined : `${prefix.join(".")}.${node.name}`;
    if (qualified !== undefined && declarations.has(qualified.replace(/^\./, ""))) {
      this.names.set(node.id, qualified.replace(/^\./, ""));
      return this.resolve(node, qualified, undefined);
    }
    this.check(node.target);
    return this.resolve(node, node.name, node.target);
  }

  private resolve(node: CallNode, name: string, target: CelNode | undefined): CelType {
    const overloads = declarations.get(name.replace(/^\./, ""));
    if (overloads === undefined) throw new CheckError(`undeclared reference to '${name}' (in container '')`, node);
    const operands = target === undefined ? node.arguments : [target, ...node.arguments];
    const operandTypes = operands.map((operand) => this.typeOf(operand));
    const candidates = overloads.filter((overload) => overload.isMember === (target !== undefined));
    const found = this.match(candidates, operandTypes);
    if (found === undefined) {
      const shown = operandTypes.map((type) => substitute(this.known, type, true).text).join(", ");
      throw new CheckError(`found no matching overload for '${name}' applied to '(${shown})'`, node);
    }
    this.overloads.set(node.id, found.ids);
    return found.type;
  }

  // All overloads that fit; the first decides the type, unless another one differs.
  private match(overloads: readonly Overload[], operands: readonly CelType[]): { ids: string[]; type: CelType } | undefined {
    const ids: string[] = [];
    let type: CelType | undefined;
    for (const overload of overloads) {
      const fresh: Substitutions = new Map(overload.typeParameters.map((name) => [name, this.free()]));
      const wanted = overload.arguments.map((argument) => substitute(fresh, argument, false));
      if (!this.fitAll(operands, wanted)) continue;
      ids.push(overload.id);
      const result = substitute(this.known, substitute(fresh, overload.result, false), false);
      if (type === undefined) type = result;
      else if (!types.isDyn(type) && result.text !== type.text) type = types.dynType;
    }
    return type === undefined ? undefined : { ids, type };
  }

  private list(node: ListNode): CelType {
    let type: CelType | undefined;
    for (const { value, optional } of node.elements) type = this.join(type, this.elementType(value, this.check(value), optional));
    return types.listOf(type ?? this.free());
  }

  private map(node: MapNode): CelType {
    let keyType: CelType | undefined;
    let valueType: CelType | undefined;
    for (const { key, value, optional } of node.entries) {
      keyType = this.join(keyType, this.check(key));
      valueType = this.join(valueType, this.elementType(value, this.check(value), optional));
    }
    return types.mapOf(keyType ?? this.free(), valueType ?? this.free());
  }

  private elementType(node: CelNode, type: CelType, optional: boolean): CelType {
    if (!optional) return type;
    const inner = types.unwrapOptional(type);
    if (inner === undefined && !types.isDyn(type))
      throw new CheckError(`expected type 'optional_type(${type.text})' but found '${type.text}'`, node);
    return inner ?? type;
  }

  private message(node: MessageNode): CelType {
    const known = this.scope.resolve(node.name);
    const detail = known === undefined ? "undeclared reference to" : "messages are not made in rules:";
    throw new CheckError(`${detail} '${node.name}'`, node);
  }

  private fold(node: FoldNode): CelType {
    const outer = this.scope;
    const range = this.resolved(this.check(node.range));
    // Checked before the range's type is known in cel-go as well: the initial value does not see the variables.
    const accumulatorType = this.check(node.initial);
    const rangeType = this.resolved(range);
    const accumulator = outer.with([[node.accumulator, accumulatorType]]);
    this.scope = accumulator.with(this.variables(node, rangeType));
    this.demand(node.condition, types.boolType, this.check(node.condition));
    this.demand(node.step, accumulatorType, this.check(node.step));
    this.scope = accumulator;
    const result = this.check(node.result);
    this.scope = outer;
    return this.resolved(result);
  }

  private variables(node: FoldNode, range: CelType): (readonly [string, CelType])[] {
    const [first, second] = this.variableTypes(node, range);
    const one = [node.variable, first] as const;
    return node.variable2 === undefined ? [one] : [one, [node.variable2, second]];
  }

  private variableTypes(node: FoldNode, range: CelType): readonly [CelType, CelType] {
    const [first = types.dynType, second = types.dynType] = range.parameters;
    if (range.kind === "list") return node.variable2 === undefined ? [first, first] : [types.intType, first];
    if (range.kind === "map") return [first, second];
    if (range.kind !== "param" && range.kind !== "dyn")
      throw new CheckError(
        `expression of type '${range.text}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        node.range,
      );
    this.fits(types.dynType, range);
    return [types.dynType, types.dynType];
  }

  private demand(node: CelNode, wanted: CelType, type: CelType): void {
    if (!this.fits(wanted, type)) throw new CheckError(`expected type '${wanted.text}' but found '${type.text}'`, node);
  }

  private join(previous: CelType | undefined, current: CelType): CelType {
    if (previous === undefined) return current;
    // Mixed elements make a dynamic list; the validators refuse most of them afterwards.
    return this.fits(previous, current) ? mostGeneral(previous, current) : types.dynType;
  }

  private typeOf(node: CelNode): CelType {
    return this.types.get(node.id) ?? types.errorType;
  }

  // With everything that is known by now: what a type was checked against may have been found out since.
  private resolved(type: CelType): CelType {
    return substitute(this.known, type, false);
  }

  private free(): CelType {
    this.freeCount += 1;
    return types.parameterType(`_var${this.freeCount}`);
  }

  private fits(from: CelType, to: CelType): boolean {
    return this.fitAll([from], [to]);
  }

  private fitAll(from: readonly CelType[], to: readonly CelType[]): boolean {
    const substitutions = assign(this.known, from, to);
    if (substitutions !== undefined) this.known = substitutions;
    return substitutions !== undefined;
  }
}

// `a.b.c` as its names, or `undefined` when anything but names and selections is in it.
function qualifiedName(node: CelNode): readonly string[] | undefined {
  if (node.kind === "ident") return [node.name];
  if (node.kind !== "select" || node.testOnly) return undefined;
  const prefix = qualifiedName(node.operand);
  return prefix === undefined ? undefined : [...prefix, node.field];
}

/** Types of every part of an expression in a scope. Throws `CheckError`. */
export function checkExpression(root: CelNode, scope: Scope): Checked {
  const checker = new Checker(scope);
  checker.check(root);
  checker.finish();
  return { root, types: checker.types, overloads: checker.overloads, names: checker.names };
}
