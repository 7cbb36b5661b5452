/** One step on the way to a verdict, for `explain`. May hold claim values; never a token. */
export interface TraceStep {
  /** What was looked at: a claim, a rule's path in the configuration, or a check such as `signature`. */
  readonly step: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly detail: string;
}

/** Takes the steps as they happen. */
export type Trace = (step: TraceStep) => void;

/** Nobody takes steps in a review: then they are not put into words either, which takes longer than the judgement. */
export type OptionalTrace = Trace | undefined;
