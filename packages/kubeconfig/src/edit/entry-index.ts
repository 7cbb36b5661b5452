import type { YAMLSeq } from "yaml";

/**
 * Where in a list each name is, so that a thousand changes do not look through a thousand entries each. Only an entry that is taken
 * out from before others makes the next look go through all of them again.
 */
export class EntryIndex {
  readonly #nameOf: (item: unknown) => string | undefined;
  readonly #places = new WeakMap<YAMLSeq, Map<string, number>>();

  constructor(nameOf: (item: unknown) => string | undefined) {
    this.#nameOf = nameOf;
  }

  /** The place of the first entry of a name; `undefined` when there is none. */
  find(sequence: YAMLSeq, name: string): number | undefined {
    return this.#list(sequence).get(name);
  }

  /** Adds an entry at the end of its list. */
  add(sequence: YAMLSeq, item: unknown): void {
    const places = this.#list(sequence);
    const name = this.#nameOf(item);
    if (name !== undefined && !places.has(name)) places.set(name, sequence.items.length);
    sequence.items.push(item);
  }

  /** Takes an entry out of its list. */
  remove(sequence: YAMLSeq, at: number): void {
    const [removed] = sequence.items.splice(at, 1);
    const places = this.#places.get(sequence);
    if (places === undefined || at < sequence.items.length) {
      this.#places.delete(sequence);
      return;
    }
    const name = this.#nameOf(removed);
    // Of a name that comes twice the first one stays where it is.
    if (name !== undefined && places.get(name) === at) places.delete(name);
  }

  #list(sequence: YAMLSeq): Map<string, number> {
    const known = this.#places.get(sequence);
    if (known !== undefined) return known;
    const places = new Map<string, number>();
    for (const [at, item] of sequence.items.entries()) {
      const name = this.#nameOf(item);
      if (name !== undefined && !places.has(name)) places.set(name, at);
    }
    this.#places.set(sequence, places);
    return places;
  }
}
