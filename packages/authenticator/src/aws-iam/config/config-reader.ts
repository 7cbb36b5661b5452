import { formatPrintable } from "@kubepass/wire";
import { describeYaml } from "../mapping/read-yaml.ts";
import type { MappingProblem } from "../mapping/rule.ts";

/** Reads the members of one map of the configuration, names in any case, and notes what is wrong. */
export class ConfigReader {
  readonly problems: MappingProblem[];
  readonly #members = new Map<string, unknown>();
  readonly #place: string;
  readonly #asked = new Set<string>();

  constructor(value: unknown, place: string, problems: MappingProblem[]) {
    this.problems = problems;
    this.#place = place;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      const message = `must be a map, not ${describeYaml(value)}`;
      problems.push({ place: place === "" ? "the file" : place, severity: "error", code: "MAP_INVALID", message });
      return;
    }
    for (const [name, member] of Object.entries(value)) this.#members.set(name.toLowerCase(), member);
  }

  /** Notes a problem of one member. */
  tell(name: string, severity: MappingProblem["severity"], code: string, message: string): void {
    this.problems.push({ place: this.#place === "" ? name : `${this.#place}.${name}`, severity, code, message: `${name} ${message}` });
  }

  /** A member as it is. */
  read(name: string): unknown {
    this.#asked.add(name.toLowerCase());
    return this.#members.get(name.toLowerCase());
  }

  /** A text; a number that stands where text is meant is taken as it is written. */
  readText(name: string, fallback: string): string {
    const value = this.read(name);
    if (value === undefined || value === null) return fallback;
    if (typeof value === "string" || typeof value === "number") return String(value);
    this.tell(name, "error", "NOT_TEXT", `must be text, not ${describeYaml(value)}`);
    return fallback;
  }

  /** A whole number above zero. */
  readNumber(name: string, fallback: number): number {
    const value = this.read(name);
    if (value === undefined || value === null) return fallback;
    const number = typeof value === "string" ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && number > 0 && number < 1_000_000) return number;
    this.tell(name, "error", "NUMBER_INVALID", "must be a whole number above zero");
    return fallback;
  }

  /** A truth value; false when it is not there. */
  readTruth(name: string): boolean {
    const value = this.read(name);
    if (value === undefined || value === null) return false;
    if (typeof value === "boolean") return value;
    if (typeof value === "string" && /^(?:true|false)$/i.test(value)) return value.toLowerCase() === "true";
    this.tell(name, "error", "TRUTH_INVALID", "must be true or false");
    return false;
  }

  /** A list of texts; one text is taken apart at the separator, when there is one. */
  readTexts(name: string, separator?: RegExp): readonly string[] {
    const value = this.read(name);
    if (value === undefined || value === null) return [];
    if (typeof value === "string" && separator !== undefined) return value.split(separator).filter((part) => part !== "");
    if (Array.isArray(value) && value.every((item) => typeof item === "string" || typeof item === "number")) return value.map(String);
    this.tell(name, "error", "LIST_INVALID", "must be a list of texts");
    return [];
  }

  /** Warns of members that nobody asked for. */
  tellUnknown(): void {
    for (const name of this.#members.keys())
      if (!this.#asked.has(name)) this.tell(formatPrintable(name, 60), "warning", "KEY_UNKNOWN", "means nothing here");
  }
}
