/**
 * Bytes that come in pieces and are taken from the front. Grows by doubling, so that a body which comes byte by byte costs
 * no more than its length. Views stay what they are when more comes.
 */
export class GrowingBytes {
  #store: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** Whether the store is ours to write into, and not a piece that came. */
  #isOwn = false;

  get length(): number {
    return this.#end - this.#start;
  }

  /** All that is there. */
  get view(): Buffer {
    return this.#store.subarray(this.#start, this.#end);
  }

  append(bytes: Buffer): void {
    if (this.length === 0) {
      this.#store = bytes;
      this.#start = 0;
      this.#end = bytes.length;
      this.#isOwn = false;
      return;
    }
    if (!this.#isOwn || this.#end + bytes.length > this.#store.length) this.#grow(bytes.length);
    bytes.copy(this.#store, this.#end);
    this.#end += bytes.length;
  }

  /** The first bytes, which are gone from here then. */
  take(count: number): Buffer {
    const taken = this.#store.subarray(this.#start, this.#start + count);
    this.#start += count;
    return taken;
  }

  clear(): void {
    this.#store = Buffer.alloc(0);
    this.#start = 0;
    this.#end = 0;
  }

  #grow(more: number): void {
    const { view } = this;
    // Never in place: a view of what was taken may still be in use.
    const store = Buffer.allocUnsafe(Math.max(1024, 2 * (view.length + more)));
    view.copy(store);
    this.#store = store;
    this.#start = 0;
    this.#end = view.length;
    this.#isOwn = true;
  }
}
