/** A value that JSON can carry without loss. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object; a key that is absent and one that is `undefined` are the same. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** True when a parsed JSON value is an object (not an array, not null). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isJsonList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/**
 * One text for each value: object keys sorted by code unit, `undefined` members left out, no white space.
 * Two values with the same members in another order give the same text (in the spirit of RFC 8785).
 */
export function formatCanonicalJson(value: JsonValue): string {
  if (isJsonList(value)) return `[${value.map((item) => formatCanonicalJson(item)).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .toSorted()
    .flatMap((key) => {
      const member = value[key];
      return member === undefined ? [] : [`${JSON.stringify(key)}:${formatCanonicalJson(member)}`];
    });
  return `{${members.join(",")}}`;
}
