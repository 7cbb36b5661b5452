import type { BackendView } from "../mapping/map-identity.ts";
import type { MappingProblem } from "../mapping/rule.ts";

/** A place where mappings come from. */
export interface Backend {
  /** What it knows now. */
  view(): BackendView;
  /** Ends watches; what it knows stays as it was. */
  close(): Promise<void>;
}

/** Told of what a backend found wrong, once for each version of its source. */
export type OnProblems = (backend: string, problems: readonly MappingProblem[]) => void;
