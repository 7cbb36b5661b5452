import { listContains } from "../equality.ts";
import { CelList } from "../lists.ts";
import type { Meter } from "../meter.ts";
import { noSuchOverload } from "../values.ts";
import type { CelFunction, FunctionTable } from "./function.ts";

function ofLists(run: (left: CelList, right: CelList, meter: Meter) => boolean): CelFunction {
  return ([left, right], meter) => (left instanceof CelList && right instanceof CelList ? run(left, right, meter) : noSuchOverload("sets"));
}

function contains(list: CelList, part: CelList, meter: Meter): boolean {
  for (let index = 0; index < part.size; index += 1) if (!listContains(list, part.next(index), meter)) return false;
  return true;
}

function intersects(left: CelList, right: CelList, meter: Meter): boolean {
  for (let index = 0; index < left.size; index += 1) if (listContains(right, left.next(index), meter)) return true;
  return false;
}

/** The sets extension. */
export const setFunctions: FunctionTable = {
  list_sets_contains_list: ofLists(contains),
  list_sets_equivalent_list: ofLists((left, right, meter) => contains(left, right, meter) && contains(right, left, meter)),
  list_sets_intersects_list: ofLists(intersects),
};
