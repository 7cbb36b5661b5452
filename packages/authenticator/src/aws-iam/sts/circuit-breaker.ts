/** When a host that fails is left alone, and for how long. */
export interface BreakerLimits {
  /** Failures in a row until it is left alone. */
  readonly failures: number;
  readonly firstPauseMs: number;
  /** Each pause is twice the one before, up to this. */
  readonly longestPauseMs: number;
  /** Hosts that are remembered; the ones asked longest ago go first. */
  readonly maxHosts: number;
}

interface HostState {
  readonly failures: number;
  readonly pauseMs: number;
  readonly pausedUntilMs: number;
  /** One request is trying whether the host is well again. */
  readonly isProbed: boolean;
}

const well: HostState = { failures: 0, pauseMs: 0, pausedUntilMs: 0, isProbed: false };

/** Remembers which hosts fail, so that a region that is down costs its own users alone, and costs them no time. */
export class CircuitBreaker {
  readonly #limits: BreakerLimits;
  readonly #hosts = new Map<string, HostState>();

  constructor(limits: BreakerLimits) {
    this.#limits = limits;
  }

  /** How long the host is left alone; 0 when it may be asked now. After a pause one request may try. */
  enter(host: string, nowMs: number): number {
    const state = this.#hosts.get(host) ?? well;
    if (state.failures < this.#limits.failures && state.pausedUntilMs <= nowMs) return 0;
    if (state.pausedUntilMs > nowMs) return state.pausedUntilMs - nowMs;
    if (state.isProbed) return state.pauseMs;
    this.#keep(host, { ...state, isProbed: true });
    return 0;
  }

  /** The host answered. */
  succeed(host: string): void {
    this.#hosts.delete(host);
  }

  /** Nobody waited for the answer: says nothing about the host. */
  leave(host: string): void {
    const state = this.#hosts.get(host);
    if (state?.isProbed === true) this.#keep(host, { ...state, isProbed: false });
  }

  /** The host failed. */
  fail(host: string, nowMs: number): void {
    const state = this.#hosts.get(host) ?? well;
    const failures = state.failures + 1;
    if (failures < this.#limits.failures) return this.#keep(host, { ...state, failures, isProbed: false });
    const next = Math.min(Math.max(state.pauseMs * 2, this.#limits.firstPauseMs), this.#limits.longestPauseMs);
    this.#keep(host, { failures, pauseMs: next, pausedUntilMs: nowMs + next, isProbed: false });
  }

  #keep(host: string, state: HostState): void {
    this.#hosts.delete(host);
    const [oldest] = this.#hosts.size >= this.#limits.maxHosts ? this.#hosts.keys() : [];
    if (oldest !== undefined) this.#hosts.delete(oldest);
    this.#hosts.set(host, state);
  }
}
