import { isJsonObject, type JsonObject } from "@kubepass/wire";

/** Takes what is wrong with a document: the place as a path, and what is wrong there. */
export type Report = (path: string, problem: string) => void;

/** How one part of a document looks: read, and described as JSON schema, by the same table. */
export interface Shape<T> {
  /** The JSON schema (draft 2020-12). */
  readonly schema: JsonObject;
  /** The value, or a stand-in after something was reported. `undefined` in stands for a member that is absent. */
  parse(value: unknown, path: string, report: Report): T;
}

/** The type that a shape reads. */
export type TypeOf<S> = S extends Shape<infer T> ? T : never;

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

/** A string that is not empty; absent gives the default, or is a problem without one. */
export function text(description: string, defaultText?: string): Shape<string> {
  return {
    schema: { description, type: "string", minLength: 1, ...(defaultText === undefined ? {} : { default: defaultText }) },
    parse(value, path, report) {
      if (isAbsent(value) && defaultText !== undefined) return defaultText;
      if (typeof value === "string" && value !== "") return value;
      report(path, isAbsent(value) ? "is missing" : "must be a string that is not empty");
      return "";
    },
  };
}

/** A required {@link text} that looks a certain way: `pattern` says so in the schema, `isGood` decides, `problem` tells people. */
export function textLike(
  description: string,
  { pattern, isGood, problem }: { readonly pattern: string; readonly isGood: (given: string) => boolean; readonly problem: string },
): Shape<string> {
  const plain = text(description);
  return {
    schema: { ...plain.schema, pattern },
    parse(value, path, report) {
      const given = plain.parse(value, path, report);
      if (given !== "" && !isGood(given)) report(path, problem);
      return given;
    },
  };
}

/** A whole number within bounds. */
export function integer(description: string, [least, most]: readonly [number, number], defaultNumber: number): Shape<number> {
  return {
    schema: { description, type: "integer", minimum: least, maximum: most, default: defaultNumber },
    parse(value, path, report) {
      if (isAbsent(value)) return defaultNumber;
      if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
      report(path, `must be a whole number from ${least} to ${most}`);
      return defaultNumber;
    },
  };
}

/** True or false; false when absent. */
export function toggle(description: string): Shape<boolean> {
  return {
    schema: { description, type: "boolean", default: false },
    parse(value, path, report) {
      if (isAbsent(value)) return false;
      if (typeof value !== "boolean") report(path, "must be true or false");
      return value === true;
    },
  };
}

/** One of some words. */
export function choice<const W extends string>(description: string, words: readonly [W, ...W[]]): Shape<W> {
  return {
    schema: { description, enum: [...words], default: words[0] },
    parse(value, path, report) {
      if (isAbsent(value)) return words[0];
      const word = words.find((candidate) => candidate === value);
      if (word === undefined) report(path, `must be one of ${words.join(", ")}`);
      return word ?? words[0];
    },
  };
}

/** Exactly this word. */
export function constant<const W extends string>(word: W): Shape<W> {
  return {
    schema: { const: word },
    parse(value, path, report) {
      if (value !== word) report(path, `must be ${word}`);
      return word;
    },
  };
}

/** A list; empty when absent. */
export function list<T>(description: string, item: Shape<T>, minItems = 0): Shape<readonly T[]> {
  return {
    schema: { description, type: "array", items: item.schema, ...(minItems === 0 ? {} : { minItems }) },
    parse(value, path, report) {
      const items: readonly unknown[] = Array.isArray(value) ? value : [];
      if (!isAbsent(value) && !Array.isArray(value)) report(path, "must be a list");
      else if (items.length < minItems) report(path, isAbsent(value) ? "is missing" : `must have at least ${minItems} item`);
      return items.map((each, index) => item.parse(each, `${path}[${index}]`, report));
    },
  };
}

/** What the shape reads, or `undefined` when absent. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  const { default: _, ...schema } = shape.schema;
  return { schema, parse: (value, path, report) => (isAbsent(value) ? undefined : shape.parse(value, path, report)) };
}

/** An object handed on as it is, for whoever knows its form. */
export function anyObject(description: string): Shape<JsonObject> {
  return {
    schema: { description, type: "object" },
    parse(value, path, report) {
      if (isJsonObject(value)) return value;
      report(path, isAbsent(value) ? "is missing" : "must be an object");
      return {};
    },
  };
}

type Shapes = Readonly<Record<string, Shape<unknown>>>;
type Members<S extends Shapes> = { readonly [K in keyof S]: TypeOf<S[K]> };

function isRequired(shape: Shape<unknown>): boolean {
  let isMissed = false;
  shape.parse(undefined, "", () => (isMissed = true));
  return isMissed;
}

/** Each member was read by its own shape, so that its type is known when it is there. */
function hasMembers<S extends Shapes>(members: object, shapes: S): members is Members<S> {
  return Object.keys(shapes).every((name) => Object.hasOwn(members, name));
}

/** An object with these members and no others; an absent one is read as an empty one. */
export function object<S extends Shapes>(description: string, shapes: S): Shape<Members<S>> {
  const entries = Object.entries(shapes);
  const required = entries.flatMap(([name, shape]) => (isRequired(shape) ? [name] : []));
  return {
    schema: {
      description,
      type: "object",
      additionalProperties: false,
      properties: Object.fromEntries(entries.map(([name, shape]) => [name, shape.schema])),
      ...(required.length === 0 ? {} : { required }),
    },
    parse(value, path, report) {
      if (!isAbsent(value) && !isJsonObject(value)) report(path, "must be an object");
      const given: JsonObject = isJsonObject(value) ? value : {};
      const placeOf = (name: string): string => (path === "" ? name : `${path}.${name}`);
      for (const name of Object.keys(given)) {
        if (!Object.hasOwn(shapes, name)) report(placeOf(name), `is not known; there are ${Object.keys(shapes).join(", ")}`);
      }
      const members: object = Object.fromEntries(entries.map(([name, shape]) => [name, shape.parse(given[name], placeOf(name), report)]));
      if (!hasMembers(members, shapes)) throw new TypeError("a member was not read");
      return members;
    },
  };
}
