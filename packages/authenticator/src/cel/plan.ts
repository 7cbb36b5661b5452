import type { CallNode, CelNode, ListNode, MapNode, SelectNode } from "./ast.ts";
import { isKey } from "./attributes.ts";
import type { Checked } from "./checker.ts";
import { creationCost } from "./cost.ts";
import type { Step } from "./frame.ts";
import { planCall } from "./plan-call.ts";
import { foldStep, startFold, type FoldPlan } from "./fold.ts";
import { ValueList } from "./lists.ts";
import { EntryMap } from "./maps.ts";
import { CelStopped } from "./meter.ts";
import { asAttribute, attributeOf, qualify, resolveOf, stepOf, type Planned } from "./planned.ts";
import { CelFailure, CelOptional, CelTypeName, invalidArgument, type CelValue } from "./values.ts";
import { isHashable } from "./hashable.ts";

/** A program cannot be made of a checked expression: a constant in it has no value. */
export class PlanError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PlanError";
  }
}

type Locals = ReadonlyMap<string, Step>;

/** Turns a checked expression into closures; constants are folded as cel-go folds them, which its costs depend on. */
class Planner {
  slotCount = 0;
  private readonly checked: Checked;

  constructor(checked: Checked) {
    this.checked = checked;
  }

  plan(node: CelNode, locals: Locals): Planned {
    switch (node.kind) {
      case "literal":
        return { kind: "constant", value: node.value };
      case "ident":
        return this.variable(node, node.name, locals);
      case "select":
        return this.selection(node, locals);
      case "call":
        return this.call(node, locals);
      case "list":
        return this.list(node, locals);
      case "map":
        return this.map(node, locals);
      case "fold":
        return { kind: "step", step: this.fold(node, locals) };
      case "message":
        throw new PlanError("messages are not made in rules");
    }
  }

  private variable(node: CelNode, name: string, locals: Locals): Planned {
    const full = this.checked.names.get(node.id);
    const local = full === undefined ? locals.get(name) : undefined;
    if (local !== undefined) {
      // cel-go takes every name of a type's type for the name of a type.
      if (this.checked.types.get(node.id)?.kind === "type") throw new PlanError(`reference to undefined type: ${name}`);
      return attributeOf(local);
    }
    if (full === "duration" || full === "timestamp") throw new PlanError(`reference to undefined type: ${full}`);
    if (full !== undefined && !full.startsWith(".")) return { kind: "constant", value: new CelTypeName(full) };
    return attributeOf((frame) => frame.root, full !== undefined);
  }

  private selection(node: SelectNode, locals: Locals): Planned {
    if (this.checked.names.has(node.id)) return this.variable(node, node.field, locals);
    const { field } = node;
    const operand = asAttribute(this.plan(node.operand, locals));
    return qualify(operand, { key: () => field, optional: false, testOnly: node.testOnly });
  }

  private call(node: CallNode, locals: Locals): Planned {
    const name = this.checked.names.get(node.id) ?? node.name.replace(/^\./, "");
    const isQualified = this.checked.names.has(node.id);
    const operands = node.target === undefined || isQualified ? node.arguments : [node.target, ...node.arguments];
    const planned = operands.map((operand) => this.plan(operand, locals));
    const [first, second] = planned;
    if (["_[_]", "_[?_]", "_?._"].includes(name) && first !== undefined && second !== undefined)
      return this.index(first, second, name !== "_[_]");
    const overloads = this.checked.overloads.get(node.id) ?? [];
    const result = planCall(name, overloads, planned);
    if (result.kind === "constant" && result.value instanceof CelFailure) throw new PlanError(result.value.message);
    return result;
  }

  private index(operand: Planned, index: Planned, optional: boolean): Planned {
    if (index.kind === "constant" && !isKey(index.value)) throw new PlanError("invalid qualifier type");
    const isAttribute = index.kind === "attribute" || index.kind === "choice";
    const key = isAttribute ? resolveOf(index) : stepOf(index);
    return qualify(asAttribute(operand), { key, optional, testOnly: false });
  }

  private list(node: ListNode, locals: Locals): Planned {
    const elements = node.elements.map(({ value, optional }) => ({ planned: this.plan(value, locals), optional }));
    const constants = elements.flatMap(({ planned }) => (planned.kind === "constant" ? [planned.value] : []));
    const steps = elements.map(({ planned, optional }) => ({ step: stepOf(planned), optional }));
    if (constants.length < elements.length) return { kind: "step", step: listStep(steps) };
    const value = collect(
      constants,
      node.elements.map(({ optional }) => optional),
    );
    return { kind: "constant", value: value instanceof CelFailure ? value : new ValueList(value) };
  }

  private map(node: MapNode, locals: Locals): Planned {
    const entries = node.entries.map(({ key, value, optional }) => ({
      key: this.plan(key, locals),
      value: this.plan(value, locals),
      optional,
    }));
    const step = mapStep(entries.map((entry) => ({ ...entry, key: stepOf(entry.key), value: stepOf(entry.value) })));
    const isConstant = entries.every(({ key, value }) => key.kind === "constant" && value.kind === "constant");
    if (!isConstant) return { kind: "step", step };
    const map = new EntryMap();
    for (const { key, value, optional } of entries) {
      const problem = key.kind === "constant" && value.kind === "constant" ? addEntry(map, key.value, value.value, optional) : undefined;
      if (problem !== undefined) return { kind: "constant", value: problem };
    }
    return { kind: "constant", value: map };
  }

  private fold(node: Extract<CelNode, { kind: "fold" }>, locals: Locals): Step {
    const slot = this.slotCount;
    this.slotCount += 3;
    const initial = stepOf(this.plan(node.initial, locals));
    const range = stepOf(this.plan(node.range, locals));
    const accumulator: Step = (frame) => {
      const value = frame.slots[slot];
      return value === undefined ? plan.start(frame) : value;
    };
    const inner = new Map(locals).set(node.accumulator, accumulator);
    const loop = new Map(inner);
    loop.set(node.variable, (frame) => frame.slots[slot + 1] ?? null);
    if (node.variable2 !== undefined) loop.set(node.variable2, (frame) => frame.slots[slot + 2] ?? null);
    // The accumulator hides a variable of its own name.
    loop.set(node.accumulator, accumulator);
    const plan: FoldPlan = {
      slot,
      range,
      pairs: node.variable2 !== undefined,
      condition: stepOf(this.plan(node.condition, loop)),
      step: stepOf(this.plan(node.step, loop)),
      result: stepOf(this.plan(node.result, inner)),
      start: (frame) => startFold(initial(frame), frame, slot),
    };
    return foldStep(plan);
  }
}

interface PlannedElement {
  readonly step: Step;
  readonly optional: boolean;
}

function collect(values: readonly CelValue[], optional: readonly boolean[]): CelValue[] | CelFailure {
  const result: CelValue[] = [];
  for (const [index, value] of values.entries()) {
    if (optional[index] !== true) result.push(value);
    else if (!(value instanceof CelOptional)) return invalidArgument("cannot initialize optional list element from non-optional value");
    else if (value.value !== undefined) result.push(value.value);
  }
  return result;
}

function listStep(elements: readonly PlannedElement[]): Step {
  const optional = elements.map((element) => element.optional);
  return (frame) => {
    const values: CelValue[] = [];
    for (const { step } of elements) {
      const value = step(frame);
      if (value instanceof CelFailure) {
        frame.meter.charge(creationCost.list);
        return value;
      }
      values.push(value);
    }
    frame.meter.charge(creationCost.list);
    const result = collect(values, optional);
    return result instanceof CelFailure ? result : new ValueList(result);
  };
}

function addEntry(map: EntryMap, key: CelValue, value: CelValue, optional: boolean): CelFailure | undefined {
  if (!isHashable(key)) throw new CelStopped("CEL_INTERNAL", "internal error: hash of unhashable type");
  if (!optional) map.set(key, value);
  else if (!(value instanceof CelOptional)) return invalidArgument("cannot initialize optional entry from non-optional value");
  else if (value.value === undefined) map.remove(key);
  else map.set(key, value.value);
  return undefined;
}

function mapStep(entries: readonly { key: Step; value: Step; optional: boolean }[]): Step {
  return (frame) => {
    const map = new EntryMap();
    for (const { key, value, optional } of entries) {
      const name = key(frame);
      const content = name instanceof CelFailure ? name : value(frame);
      const problem = content instanceof CelFailure ? content : addEntry(map, name, content, optional);
      if (problem !== undefined) {
        frame.meter.charge(creationCost.map);
        return problem;
      }
    }
    frame.meter.charge(creationCost.map);
    return map;
  };
}

/** A program and how many places its variables need. Throws `PlanError` when a constant in it has no value. */
export function planExpression(checked: Checked): { readonly step: Step; readonly slotCount: number } {
  const planner = new Planner(checked);
  const step = stepOf(planner.plan(checked.root, new Map()));
  return { step, slotCount: planner.slotCount };
}
