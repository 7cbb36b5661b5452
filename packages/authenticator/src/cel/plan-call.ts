import { costOf, type Cost } from "./cost.ts";
import { implementationOf, type Implementation } from "./dispatch.ts";
import { equal } from "./equality.ts";
import type { Step } from "./frame.ts";
import type { CelFunction } from "./functions/function.ts";
import { isHashable } from "./hashable.ts";
import { stringList, CelList } from "./lists.ts";
import { EntryMap } from "./maps.ts";
import { CelStopped, Meter } from "./meter.ts";
import { checkedInt, checkedUint } from "./numbers.ts";
import { Pattern, patternOf } from "./pattern.ts";
import { asAttribute, stepOf, type Planned, type PlannedConstant } from "./planned.ts";
import { CelFailure, CelOptional, CelUint, noSuchOverload, type CelValue } from "./values.ts";

function logical(shortcut: boolean, left: Step, right: Step): Step {
  const name = shortcut ? "_||_" : "_&&_";
  return (frame) => {
    const first = left(frame);
    if (first === shortcut) return shortcut;
    const second = right(frame);
    if (second === shortcut) return shortcut;
    const odd = typeof first === "boolean" ? second : first;
    if (typeof odd === "boolean") return !shortcut;
    return odd instanceof CelFailure ? odd : noSuchOverload(name);
  };
}

function equality(negated: boolean, left: Step, right: Step): Step {
  const cost = negated ? costOf("_!=_", "not_equals") : costOf("_==_", "equals");
  return (frame) => {
    const first = left(frame);
    const second = right(frame);
    let result: CelValue;
    if (first instanceof CelFailure) result = first;
    else if (second instanceof CelFailure) result = second;
    else {
      const same = equal(first, second, frame.meter);
      result = negated ? same !== true : same;
    }
    frame.meter.charge(cost([first, second], result));
    return result;
  };
}

// `or` and `orValue`, which evaluate their argument only when it is needed.
function alternative(left: Step, right: Step, unwraps: boolean): Step {
  return (frame) => {
    const first = left(frame);
    if (first instanceof CelFailure) return first;
    if (!(first instanceof CelOptional)) return noSuchOverload("or");
    if (first.value === undefined) return right(frame);
    return unwraps ? first.value : first;
  };
}

// Calls without arguments and with one are most of all; they need no look at the order of failures.
function callingOne(run: CelFunction, cost: Cost, step: Step): Step {
  return (frame) => {
    const values = [step(frame)];
    const [value = null] = values;
    const result = value instanceof CelFailure ? value : run(values, frame.meter);
    frame.meter.charge(cost(values, result));
    return result;
  };
}

function callingTwo(run: CelFunction, cost: Cost, stopsEarly: boolean, [left, right]: readonly [Step, Step]): Step {
  return (frame) => {
    const first = left(frame);
    if (stopsEarly && first instanceof CelFailure) return first;
    const values = [first, right(frame)];
    const [, second = null] = values;
    const result = failureOf(first, second) ?? run(values, frame.meter);
    frame.meter.charge(cost(values, result));
    return result;
  };
}

function failureOf(first: CelValue, second: CelValue): CelFailure | undefined {
  if (first instanceof CelFailure) return first;
  return second instanceof CelFailure ? second : undefined;
}

// Some calls stop at the first argument that fails; unless that is the last one, they then cost nothing.
function callingMany(run: CelFunction, cost: Cost, steps: readonly Step[]): Step {
  const last = steps.length - 1;
  return (frame) => {
    const values: CelValue[] = [];
    for (const [index, step] of steps.entries()) {
      const value = step(frame);
      values.push(value);
      if (!(value instanceof CelFailure)) continue;
      if (index === last) frame.meter.charge(cost(values, value));
      return value;
    }
    const result = run(values, frame.meter);
    frame.meter.charge(cost(values, result));
    return result;
  };
}

function calling({ run, stopsEarly }: Implementation, cost: Cost, steps: readonly Step[]): Step {
  const [first, second] = steps;
  if (steps.length === 1 && first !== undefined) return callingOne(run, cost, first);
  if (steps.length === 2 && first !== undefined && second !== undefined) return callingTwo(run, cost, stopsEarly, [first, second]);
  return callingMany(run, cost, steps);
}

const conversionNames: ReadonlySet<string> = new Set("bool bytes double duration dyn int string timestamp type uint".split(" "));

function foldConversion(run: CelFunction, argument: PlannedConstant): PlannedConstant {
  const { value } = argument;
  return { kind: "constant", value: value instanceof CelFailure ? value : run([value], new Meter()) };
}

// Elements of a constant list as a set; numbers also as what they are in the other number types.
function membersOf(list: CelList): EntryMap | undefined {
  const members = new EntryMap();
  for (let index = 0; index < list.size; index += 1) {
    const value = list.get(index);
    const isPrimitive = value !== null && (typeof value !== "object" || value instanceof CelUint);
    if (!isPrimitive) return undefined;
    for (const form of [value, ...otherForms(value)]) members.set(form, true);
  }
  return members;
}

function otherForms(value: CelValue): readonly CelValue[] {
  if (typeof value === "bigint") return [Number(value), checkedUint(value)].filter((form) => !(form instanceof CelFailure));
  if (value instanceof CelUint) return [Number(value.value), checkedInt(value.value)].filter((form) => !(form instanceof CelFailure));
  if (typeof value !== "number" || !Number.isInteger(value)) return [];
  const whole = BigInt(value);
  const isInt = value > -(2 ** 63) && value < 2 ** 63;
  return [...(isInt ? [whole] : []), checkedUint(whole)].filter((form) => !(form instanceof CelFailure));
}

function membership(value: Planned, list: CelList): Planned | undefined {
  if (list.size === 0) return { kind: "constant", value: false };
  const members = membersOf(list);
  if (members === undefined) return undefined;
  const step = stepOf(value);
  return {
    kind: "step",
    step: (frame) => {
      const result = step(frame);
      if (result instanceof CelFailure) return result;
      if (!isHashable(result)) throw new CelStopped("CEL_INTERNAL", "internal error: hash of unhashable type");
      return members.has(result);
    },
  };
}

// `matches`, `find` and `findAll` of a constant expression: compiled once, and refused at once when it is none.
function constantPattern(name: string, operands: readonly Planned[]): CelFunction | CelFailure | undefined {
  const [, source] = operands;
  if (!["matches", "find", "findAll"].includes(name) || source?.kind !== "constant") return undefined;
  if (typeof source.value !== "string") return undefined;
  const pattern = patternOf(source.value);
  return pattern instanceof Pattern ? matching(name, pattern) : pattern;
}

function matching(name: string, pattern: Pattern): CelFunction {
  return ([subject, , limit = -1n]) => {
    // With a constant pattern kube-apiserver's `matches` looks into an optional.
    const text = name === "matches" && subject instanceof CelOptional ? subject.value : subject;
    if (typeof text !== "string" || typeof limit !== "bigint") return noSuchOverload(name);
    if (name === "matches") return pattern.matches(text);
    return name === "find" ? pattern.find(text) : stringList(pattern.findAll(text, Number(limit)));
  };
}

function notStrictlyFalse(step: Step): Step {
  return (frame) => {
    const value = step(frame);
    frame.meter.charge(1);
    return typeof value === "boolean" ? value : true;
  };
}

function planOperator(name: string, operands: readonly Planned[]): Planned | undefined {
  const [first, second, third] = operands;
  if (first === undefined) return undefined;
  const left = stepOf(first);
  if (name === "@not_strictly_false") return { kind: "step", step: notStrictlyFalse(left) };
  if (second === undefined) return undefined;
  if (name === "_?_:_" && third !== undefined)
    return { kind: "choice", condition: left, yes: asAttribute(second), no: asAttribute(third), testOnly: false };
  const step = binaryOperator(name, left, stepOf(second));
  return step === undefined ? undefined : { kind: "step", step };
}

function binaryOperator(name: string, left: Step, right: Step): Step | undefined {
  if (name === "_&&_" || name === "_||_") return logical(name === "_||_", left, right);
  if (name === "_==_" || name === "_!=_") return equality(name === "_!=_", left, right);
  return name === "or" || name === "orValue" ? alternative(left, right, name === "orValue") : undefined;
}

// What a call is when it is not an ordinary one: an operator, or one with a constant that is looked at beforehand.
function planSpecial(name: string, overload: string, operands: readonly Planned[]): Planned | undefined {
  const operator = planOperator(name, operands);
  if (operator !== undefined) return operator;
  const [first, second] = operands;
  const isConstantList = second?.kind === "constant" && second.value instanceof CelList;
  if (overload !== "in_list" || first === undefined || !isConstantList) return undefined;
  return second.value instanceof CelList ? membership(first, second.value) : undefined;
}

function implementationFor(name: string, overloads: readonly string[], operands: readonly Planned[]): Implementation | CelFailure {
  const pattern = constantPattern(name, operands);
  if (pattern instanceof CelFailure) return pattern;
  return pattern === undefined ? implementationOf(name, overloads, operands.length) : { run: pattern, stopsEarly: true };
}

/** Plans a call; a constant result that is a failure means that the expression cannot be a program. */
export function planCall(name: string, overloads: readonly string[], operands: readonly Planned[]): Planned {
  const [only] = overloads;
  const overload = overloads.length === 1 && only !== undefined ? only : "";
  const special = planSpecial(name, overload, operands);
  if (special !== undefined) return special;
  const implementation = implementationFor(name, overloads, operands);
  if (implementation instanceof CelFailure) return { kind: "constant", value: implementation };
  const [first] = operands;
  if (conversionNames.has(name) && operands.length === 1 && first?.kind === "constant") return foldConversion(implementation.run, first);
  const steps = operands.map((operand) => stepOf(operand));
  return { kind: "step", step: calling(implementation, costOf(name, overload), steps) };
}
