import type { Frame, Step } from "./frame.ts";
import { CelList, GrowingList } from "./lists.ts";
import { CelMap, EntryMap } from "./maps.ts";
import { CelFailure, type CelValue } from "./values.ts";

/** A macro over a list or map, ready to run. Its variables are in three slots: accumulator, first, second. */
export interface FoldPlan {
  readonly slot: number;
  readonly range: Step;
  /** Whether it has two variables: index and element, or key and value. */
  readonly pairs: boolean;
  readonly condition: Step;
  readonly step: Step;
  readonly result: Step;
  /** Computes the accumulator's first value; called when somebody first asks for it. */
  readonly start: Step;
}

/** Puts the first value of an accumulator into its slot: an empty list or map becomes one that grows. */
export function startFold(value: CelValue, frame: Frame, slot: number): CelValue {
  const first = growing(value);
  frame.slots[slot] = first;
  return first;
}

function growing(value: CelValue): CelValue {
  if (value instanceof CelList && value.size === 0) return new GrowingList();
  return value instanceof CelMap && value.size === 0 ? new EntryMap() : value;
}

// Runs the loop's body once; false when the macro need not look further.
function advance(plan: FoldPlan, frame: Frame, first: CelValue, second?: CelValue): boolean {
  const { slots, meter } = frame;
  meter.step();
  slots[plan.slot + 1] = first;
  if (second !== undefined) slots[plan.slot + 2] = second;
  if (plan.condition(frame) === false) return false;
  slots[plan.slot] = plan.step(frame);
  return true;
}

function foldList(plan: FoldPlan, frame: Frame, list: CelList): void {
  for (let index = 0; index < list.size; index += 1) {
    const goesOn = plan.pairs ? advance(plan, frame, BigInt(index), list.get(index)) : advance(plan, frame, list.next(index));
    if (!goesOn) return;
  }
}

function foldMap(plan: FoldPlan, frame: Frame, map: CelMap): void {
  for (const key of map.keys()) {
    const goesOn = plan.pairs ? advance(plan, frame, key, map.get(key)) : advance(plan, frame, key);
    if (!goesOn) return;
  }
}

/** The step that runs a macro. */
export function foldStep(plan: FoldPlan): Step {
  return (frame) => {
    const range = plan.range(frame);
    if (range instanceof CelFailure) return range;
    frame.slots[plan.slot] = undefined;
    if (range instanceof CelList) foldList(plan, frame, range);
    else if (range instanceof CelMap) foldMap(plan, frame, range);
    else return new CelFailure("CEL_NO_SUCH_OVERLOAD", "value cannot be iterated over");
    const result = plan.result(frame);
    return result instanceof GrowingList ? result.freeze() : result;
  };
}
