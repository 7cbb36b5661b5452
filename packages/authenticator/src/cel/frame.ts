import type { Meter } from "./meter.ts";
import type { CelValue } from "./values.ts";
import type { RootMap } from "./variables.ts";

/** What one evaluation works with. */
export interface Frame {
  readonly root: RootMap;
  readonly meter: Meter;
  /** The variables of macros, each at the place that planning gave it. */
  readonly slots: (CelValue | undefined)[];
}

/** A step of a program: gives a value and charges what it costs. */
export type Step = (frame: Frame) => CelValue;
