/** When what fails is left alone, and for how long. */
export interface BreakerLimits {
  /** Failures in a row until it is left alone. */
  readonly failures: number;
  readonly firstPauseMs: number;
  /** Each pause is twice the one before, up to this. */
  readonly longestPauseMs: number;
  /** Names that are remembered; the ones that failed longest ago go first. */
  readonly maxNames: number;
}

interface State {
  readonly failures: number;
  readonly pauseMs: number;
  readonly pausedUntilMs: number;
  /** One request is trying whether all is well again. */
  readonly isProbed: boolean;
}

const well: State = { failures: 0, pauseMs: 0, pausedUntilMs: 0, isProbed: false };

/** Remembers what fails, by name, so that a region that is down costs its own users alone, and costs them no time. */
export class CircuitBreaker {
  readonly #limits: BreakerLimits;
  readonly #states = new Map<string, State>();

  constructor(limits: BreakerLimits) {
    this.#limits = limits;
  }

  /** How long it is left alone; 0 when it may be asked now. After a pause one request may try. */
  enter(name: string, nowMs: number): number {
    const state = this.#states.get(name) ?? well;
    if (state.failures < this.#limits.failures && state.pausedUntilMs <= nowMs) return 0;
    if (state.pausedUntilMs > nowMs) return state.pausedUntilMs - nowMs;
    if (state.isProbed) return state.pauseMs;
    this.#keep(name, { ...state, isProbed: true });
    return 0;
  }

  /** All is well with it. */
  succeed(name: string): void {
    this.#states.delete(name);
  }

  /** It was not asked after all, or what came of it says nothing. */
  leave(name: string): void {
    const state = this.#states.get(name);
    if (state?.isProbed === true) this.#keep(name, { ...state, isProbed: false });
  }

  /** It failed, and may have said for how long it wants to be left alone; the longest pause holds for that as well. */
  fail(name: string, nowMs: number, askedMs = 0): void {
    const state = this.#states.get(name) ?? well;
    // Asked before the pause began: it says nothing new.
    if (state.pausedUntilMs > nowMs) return;
    const failures = state.failures + 1;
    if (failures < this.#limits.failures) return this.#keep(name, { ...state, failures, isProbed: false });
    const { firstPauseMs, longestPauseMs } = this.#limits;
    const pauseMs = Math.min(Math.max(state.pauseMs * 2, firstPauseMs, askedMs), longestPauseMs);
    this.#keep(name, { failures, pauseMs, pausedUntilMs: nowMs + pauseMs, isProbed: false });
  }

  #keep(name: string, state: State): void {
    this.#states.delete(name);
    const [oldest] = this.#states.size >= this.#limits.maxNames ? this.#states.keys() : [];
    if (oldest !== undefined) this.#states.delete(oldest);
    this.#states.set(name, state);
  }
}
