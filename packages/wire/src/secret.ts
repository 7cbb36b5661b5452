/**
 * A value that must reach a process, a file or an HTTP header, and nothing else.
 * Printing, logging, spreading, inspecting or serialising it gives `[secret]`.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The only way out. Search for `.reveal(` to review every use. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }
}
