import { applyQualifiers, type Qualifier } from "./attributes.ts";
import type { Frame, Step } from "./frame.ts";
import { CelFailure, CelOptional, noSuchOverload, type CelValue } from "./values.ts";

/** A value that is known before any evaluation. */
export interface PlannedConstant {
  readonly kind: "constant";
  readonly value: CelValue;
}

/** A variable or an operand, and what is selected from it. */
export interface PlannedAttribute {
  readonly kind: "attribute";
  readonly start: Step;
  readonly qualifiers: readonly Qualifier[];
  readonly testOnly: boolean;
  /** Its selections cost nothing. */
  readonly isFree: boolean;
}

/** `c ? a : b`, whose branches take the selections that are made from it. */
export interface PlannedChoice {
  readonly kind: "choice";
  readonly condition: Step;
  readonly yes: PlannedAttribute | PlannedChoice;
  readonly no: PlannedAttribute | PlannedChoice;
  readonly testOnly: boolean;
}

/** Anything else. */
export interface PlannedStep {
  readonly kind: "step";
  readonly step: Step;
}

/** A part of an expression on its way to a program. */
export type Planned = PlannedConstant | PlannedAttribute | PlannedChoice | PlannedStep;

/** An attribute that gives what a step gives. */
export function attributeOf(start: Step, isFree = false): PlannedAttribute {
  return { kind: "attribute", start, qualifiers: [], testOnly: false, isFree };
}

/** The part as something that selections can be added to. */
export function asAttribute(planned: Planned): PlannedAttribute | PlannedChoice {
  return planned.kind === "attribute" || planned.kind === "choice" ? planned : attributeOf(stepOf(planned));
}

/** The part with one more selection. */
export function qualify(planned: PlannedAttribute | PlannedChoice, qualifier: Qualifier): PlannedAttribute | PlannedChoice {
  if (planned.kind === "attribute")
    return { ...planned, qualifiers: [...planned.qualifiers, { ...qualifier, isFree: planned.isFree }], testOnly: qualifier.testOnly };
  return { ...planned, yes: qualify(planned.yes, qualifier), no: qualify(planned.no, qualifier), testOnly: qualifier.testOnly };
}

/** Gives the value of an attribute without charging for reading it, as branches and indexes do. */
export function resolveOf(planned: PlannedAttribute | PlannedChoice): Step {
  if (planned.kind === "choice") return choiceOf(planned);
  const { start, qualifiers } = planned;
  if (qualifiers.length === 0) return start;
  return (frame) => {
    const value = start(frame);
    return value instanceof CelFailure ? value : applyQualifiers(value, qualifiers, frame);
  };
}

function choiceOf(planned: PlannedChoice): Step {
  const { condition } = planned;
  const yes = resolveOf(planned.yes);
  const no = resolveOf(planned.no);
  return (frame) => {
    const chosen = condition(frame);
    if (typeof chosen !== "boolean") return chosen instanceof CelFailure ? chosen : noSuchOverload("_?_:_");
    return chosen ? yes(frame) : no(frame);
  };
}

function charging(resolve: Step, units: number): Step {
  return (frame) => {
    const value = resolve(frame);
    frame.meter.charge(units);
    return value;
  };
}

function presence(resolve: Step): Step {
  return (frame: Frame) => {
    const value = resolve(frame);
    return value instanceof CelOptional ? value.value !== undefined : value;
  };
}

/** The step that gives a part's value and charges for it. */
export function stepOf(planned: Planned): Step {
  if (planned.kind === "step") return planned.step;
  if (planned.kind === "constant") {
    const { value } = planned;
    return () => value;
  }
  const resolve = resolveOf(planned);
  const units = (planned.kind === "attribute" ? 1 : 0) - (planned.testOnly ? 1 : 0);
  const step = units === 0 ? resolve : charging(resolve, units);
  return planned.testOnly ? presence(step) : step;
}
