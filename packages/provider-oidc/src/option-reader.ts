import { OptionProblems, type OptionValues } from "@kubepass/plugin-sdk";

/** A text without which nothing works; stands in for a missing one until the problems are reported. */
const missing = "";

/** Typed reading of option values. What is wrong is noted in `problems`, and reading goes on. */
export class OptionReader {
  readonly #values: OptionValues;
  readonly problems: OptionProblems = new OptionProblems();

  constructor(values: OptionValues) {
    this.#values = values;
  }

  has(name: string): boolean {
    const value = this.#values[name];
    return value !== undefined && value !== "" && value !== false && !(Array.isArray(value) && value.length === 0);
  }

  findText(name: string): string | undefined {
    const value = this.#values[name];
    if (value === undefined || value === "") return undefined;
    if (typeof value === "string") return value;
    this.problems.add(`${name} must be a text`);
    return undefined;
  }

  getText(name: string): string {
    if (!this.has(name)) this.problems.add(`${name} is missing`);
    return this.findText(name) ?? missing;
  }

  isOn(name: string): boolean {
    const value = this.#values[name];
    if (value === undefined || typeof value === "boolean") return value ?? false;
    this.problems.add(`${name} must be true or false`);
    return false;
  }

  findSeconds(name: string): number | undefined {
    const value = this.#values[name];
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
    this.problems.add(`${name} must be a number of seconds`);
    return undefined;
  }

  readList(name: string): readonly string[] {
    const value = this.#values[name];
    if (value === undefined || value === "") return [];
    if (typeof value === "string") return [value];
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    this.problems.add(`${name} must be a list of texts`);
    return [];
  }

  /** A list whose members may also stand in one text, apart by commas or spaces. */
  readWords(name: string): readonly string[] {
    return this.readList(name).flatMap((item) => item.split(/[\s,]+/).filter((word) => word !== ""));
  }

  readMap(name: string): Readonly<Record<string, string>> {
    const value = this.#values[name];
    const members: Record<string, string> = {};
    if (value === undefined) return members;
    const entries: [string, unknown][] = typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : [[name, undefined]];
    for (const [key, member] of entries) {
      if (typeof member === "string") members[key] = member;
    }
    if (Object.keys(members).length !== entries.length) this.problems.add(`${name} must be a map of texts`);
    return members;
  }

  findChoice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.findText(name);
    if (text === undefined) return undefined;
    const choice = choices.find((known) => known === text);
    if (choice === undefined) this.problems.add(`${name} must be one of ${choices.join(", ")}`);
    return choice;
  }

  /** An https URL; http is let through on loopback addresses when `isHttpAllowed`. */
  checkUrl(name: string, text: string | undefined, isHttpAllowed: boolean): void {
    const problem = text === undefined || text === missing ? undefined : findUrlProblem(text, isHttpAllowed);
    if (problem !== undefined) this.problems.add(`${name} ${problem}`);
  }
}

function findUrlProblem(text: string, isHttpAllowed: boolean): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["https:", "http:"].includes(url.protocol)) return "must be an https URL";
  if (`${url.username}${url.password}${url.hash}` !== "") return "must have no user, password or fragment";
  if (url.protocol === "https:") return undefined;
  if (!isLoopback(url.hostname)) return "must be https: http is only possible on a loopback address";
  return isHttpAllowed ? undefined : "must be https; for a test issuer on this machine set insecure-allow-http-issuer";
}

/** True for the names and literal addresses that never leave this machine (RFC 8252 §8.3). */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}
