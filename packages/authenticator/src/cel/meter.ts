/** Thrown when an expression costs or works more than it may; nothing in the expression can absorb it. */
export class CelStopped extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "CelStopped";
    this.code = code;
  }
}

/** kube-apiserver's limit for each expression (`k8s.io/apiserver/pkg/apis/cel`, PerCallLimit). */
const costLimit = 1_000_000;

// A hundred times what the cost limit allows: only comparisons of values that share their parts get there.
const workLimit = 20_000_000;

/** Counts what one evaluation costs, in kube-apiserver's units, and what it makes this process do. */
export class Meter {
  cost = 0;
  private work = 0;

  /** Adds to the cost; throws `CelStopped` (`CEL_COST_LIMIT`) once it is above the limit. */
  charge(units: number): void {
    this.cost += units;
    if (this.cost > costLimit) throw new CelStopped("CEL_COST_LIMIT", "operation cancelled: actual cost limit exceeded");
  }

  /** Counts steps that cost nothing; throws `CelStopped` (`CEL_WORK_LIMIT`) when they never seem to end. */
  step(count = 1): void {
    this.work += count;
    if (this.work > workLimit) throw new CelStopped("CEL_WORK_LIMIT", "expression compares or copies too much");
  }
}
