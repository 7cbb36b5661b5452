import type { CelNode } from "./ast.ts";
import { CelSyntaxError } from "./lexer.ts";
import { accumulatorName, type NodeFactory } from "./node-factory.ts";

/** A call that may be a macro, with its parts already expanded. */
interface MacroCall {
  readonly factory: NodeFactory;
  readonly target: CelNode;
  readonly arguments: readonly CelNode[];
  readonly offset: number;
}

type Expander = (call: MacroCall) => CelNode;

function argument(call: MacroCall, index: number): CelNode {
  const node = call.arguments[index];
  if (node === undefined) throw new CelSyntaxError("macro lacks an argument", call.offset);
  return node;
}

function variableName(call: MacroCall, index: number, message: string): string {
  const node = argument(call, index);
  if (node.kind !== "ident") throw new CelSyntaxError(message, node.offset);
  if (node.name === accumulatorName || node.name === "__result__")
    throw new CelSyntaxError("iteration variable overwrites accumulator variable", node.offset);
  return node.name;
}

function variables(call: MacroCall, count: 1 | 2, message: string): { variable: string; variable2: string | undefined } {
  const variable = variableName(call, 0, message);
  const variable2 = count === 2 ? variableName(call, 1, message) : undefined;
  if (variable === variable2) throw new CelSyntaxError(`duplicate variable name: ${variable}`, call.offset);
  return { variable, variable2 };
}

const simpleName = "argument must be a simple name";

function quantifier(kind: "all" | "exists", count: 1 | 2): Expander {
  return (call) => {
    const { factory, offset } = call;
    const names = variables(call, count, simpleName);
    const accumulator = factory.accumulator(offset);
    const watched = kind === "all" ? accumulator : factory.call("!_", [accumulator], offset);
    return factory.fold(
      {
        range: call.target,
        ...names,
        accumulator: accumulatorName,
        initial: factory.literal(kind === "all", offset),
        condition: factory.call("@not_strictly_false", [watched], offset),
        step: factory.call(kind === "all" ? "_&&_" : "_||_", [factory.accumulator(offset), argument(call, count)], offset),
        result: factory.accumulator(offset),
      },
      offset,
    );
  };
}

function existsOne(count: 1 | 2): Expander {
  return (call) => {
    const { factory, offset } = call;
    const names = variables(call, count, simpleName);
    const next = factory.call("_+_", [factory.accumulator(offset), factory.literal(1n, offset)], offset);
    return factory.fold(
      {
        range: call.target,
        ...names,
        accumulator: accumulatorName,
        initial: factory.literal(0n, offset),
        condition: factory.literal(true, offset),
        step: factory.call("_?_:_", [argument(call, count), next, factory.accumulator(offset)], offset),
        result: factory.call("_==_", [factory.accumulator(offset), factory.literal(1n, offset)], offset),
      },
      offset,
    );
  };
}

interface Collection {
  readonly names: { variable: string; variable2: string | undefined };
  readonly initial: CelNode;
  readonly step: CelNode;
  readonly filter: CelNode | undefined;
}

function collect(call: MacroCall, { names, initial, step, filter }: Collection): CelNode {
  const { factory, offset } = call;
  return factory.fold(
    {
      range: call.target,
      ...names,
      accumulator: accumulatorName,
      initial,
      condition: factory.literal(true, offset),
      step: filter === undefined ? step : factory.call("_?_:_", [filter, step, factory.accumulator(offset)], offset),
      result: factory.accumulator(offset),
    },
    offset,
  );
}

function appended(call: MacroCall, value: CelNode): CelNode {
  const { factory, offset } = call;
  const one = factory.list([{ value, optional: false }], offset);
  return factory.call("_+_", [factory.accumulator(offset), one], offset);
}

// `map`, `transformList`: the last argument is what to collect, one before it (beyond the variables) a filter.
function mapping(count: 1 | 2): Expander {
  return (call) => {
    const names = variables(call, count, count === 1 ? "argument is not an identifier" : simpleName);
    const hasFilter = call.arguments.length === count + 2;
    const value = argument(call, hasFilter ? count + 1 : count);
    const filter = hasFilter ? argument(call, count) : undefined;
    return collect(call, { names, initial: call.factory.list([], call.offset), step: appended(call, value), filter });
  };
}

function filtering(call: MacroCall): CelNode {
  const names = variables(call, 1, "argument is not an identifier");
  const step = appended(call, argument(call, 0));
  return collect(call, { names, initial: call.factory.list([], call.offset), step, filter: argument(call, 1) });
}

function mapInserting(withKey: boolean): Expander {
  return (call) => {
    const { factory, offset } = call;
    const names = variables(call, 2, simpleName);
    const hasFilter = call.arguments.length === 4;
    const value = argument(call, hasFilter ? 3 : 2);
    const key = withKey ? [factory.ident(names.variable, offset)] : [];
    const step = factory.call("cel.@mapInsert", [factory.accumulator(offset), ...key, value], offset);
    return collect(call, { names, initial: factory.map([], offset), step, filter: hasFilter ? argument(call, 2) : undefined });
  };
}

function optionalMapping(flat: boolean): Expander {
  return (call) => {
    const { factory, target, offset } = call;
    const variable = argument(call, 0);
    if (variable.kind !== "ident") throw new CelSyntaxError("optMap() variable name must be a simple identifier", variable.offset);
    const value = factory.call("value", [], offset, factory.copy(target));
    const bound = factory.binding(variable.name, value, argument(call, 1), offset);
    const present = flat ? bound : factory.call("optional.of", [bound], offset);
    const hasValue = factory.call("hasValue", [], offset, target);
    return factory.call("_?_:_", [hasValue, present, factory.call("optional.none", [], offset)], offset);
  };
}

function sortBy(call: MacroCall): CelNode {
  const { factory, target, offset } = call;
  const sortable = ["list", "select", "ident", "fold", "call"].includes(target.kind);
  if (!sortable)
    throw new CelSyntaxError("sortBy can only be applied to a list, identifier, comprehension, call or select expression", offset);
  const input = "@__sortBy_input__";
  const keys = mapping(1)({ ...call, target: factory.ident(input, offset) });
  const sorted = factory.call("@sortByAssociatedKeys", [keys], offset, factory.ident(input, offset));
  return factory.binding(input, target, sorted, offset);
}

const macros: ReadonlyMap<string, Expander> = new Map<string, Expander>([
  ["all:2", quantifier("all", 1)],
  ["exists:2", quantifier("exists", 1)],
  ["exists_one:2", existsOne(1)],
  ["map:2", mapping(1)],
  ["map:3", mapping(1)],
  ["filter:2", filtering],
  ["optMap:2", optionalMapping(false)],
  ["optFlatMap:2", optionalMapping(true)],
  ["all:3", quantifier("all", 2)],
  ["exists:3", quantifier("exists", 2)],
  ["existsOne:3", existsOne(2)],
  ["exists_one:3", existsOne(2)],
  ["transformList:3", mapping(2)],
  ["transformList:4", mapping(2)],
  ["transformMap:3", mapInserting(true)],
  ["transformMap:4", mapInserting(true)],
  ["transformMapEntry:3", mapInserting(false)],
  ["transformMapEntry:4", mapInserting(false)],
  ["sortBy:2", sortBy],
]);

/** What a member call stands for when it is a macro, or `undefined`. Throws `CelSyntaxError` for a malformed one. */
export function expandMember(name: string, call: MacroCall): CelNode | undefined {
  return macros.get(`${name}:${call.arguments.length}`)?.(call);
}

/** `has(a.b)` as a presence test, or `undefined` when the call is not `has` with one argument. */
export function expandHas(name: string, parameters: readonly CelNode[], factory: NodeFactory, offset: number): CelNode | undefined {
  const [selection] = parameters;
  if (name !== "has" || parameters.length !== 1 || selection === undefined) return undefined;
  if (selection.kind !== "select") throw new CelSyntaxError("invalid argument to has() macro", selection.offset);
  return factory.select(selection.operand, selection.field, offset, true);
}
