/** At most `burst` at once, and `perSecond` for long. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #filledAtMs = 0;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
  }

  /** Takes one; or says how many milliseconds to wait for one, and takes none. */
  take(nowMs: number): number {
    const passedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#filledAtMs = nowMs;
    this.#left = Math.min(this.#burst, this.#left + (passedMs * this.#perSecond) / 1000);
    if (this.#left < 1) return Math.ceil(((1 - this.#left) * 1000) / this.#perSecond);
    this.#left -= 1;
    return 0;
  }
}
