/** Everything secret that one object has given out, so that a test can look for it where it must not be. */
export class SecretList {
  readonly #values = new Set<string>();

  /** Remembers a value and gives it back. */
  add(value: string): string {
    if (value !== "") this.#values.add(value);
    return value;
  }

  /** Remembers those members that are texts. */
  addMembers(object: unknown, names: readonly string[]): void {
    if (typeof object !== "object" || object === null) return;
    for (const [name, value] of Object.entries(object)) if (names.includes(name) && typeof value === "string") this.add(value);
  }

  list(): readonly string[] {
    return [...this.#values];
  }
}
