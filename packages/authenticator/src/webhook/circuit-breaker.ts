/** After some failures in a row, asks nobody for a while: a peer that is down must not cost each caller a time-out. */
export class CircuitBreaker {
  readonly #failuresToOpen: number;
  readonly #openMs: number;
  #failures = 0;
  #openUntilMs = 0;

  constructor(options: { readonly failuresToOpen: number; readonly openMs: number }) {
    this.#failuresToOpen = options.failuresToOpen;
    this.#openMs = options.openMs;
  }

  /** Whether to ask now. When the while is over one caller is let through; the others wait for what it finds. */
  mayAsk(nowMs: number): boolean {
    if (this.#failures < this.#failuresToOpen) return true;
    if (nowMs < this.#openUntilMs) return false;
    this.#openUntilMs = nowMs + this.#openMs;
    return true;
  }

  /** What came of asking. */
  note(isSuccess: boolean, nowMs: number): void {
    this.#failures = isSuccess ? 0 : this.#failures + 1;
    if (this.#failures >= this.#failuresToOpen) this.#openUntilMs = nowMs + this.#openMs;
  }
}
