import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { refuseKubeconfig } from "./invalid.ts";

/** Where a value stands, for messages: `users[3].user.exec`. */
export type Place = string;

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function refuseType(place: Place, wanted: string): Error {
  return refuseKubeconfig(`${place} is not ${wanted}`);
}

/** A text; `""` when absent or null. Throws `KUBECONFIG_INVALID` for another type, as do all functions here. */
export function readText(object: JsonObject, key: string, place: Place): string {
  const value = object[key];
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw refuseKubeconfig(`${place}.${key} is not a text`, "put it in quotes");
  return value;
}

/** A boolean; false when absent or null. */
export function readFlag(object: JsonObject, key: string, place: Place): boolean {
  const value = object[key];
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw refuseType(`${place}.${key}`, "true or false");
  return value;
}

function isByte(value: JsonValue): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 255;
}

/** Bytes in standard base64, checked, without line breaks. A list of numbers is taken for bytes too, as Go's JSON does. */
export function readBase64(object: JsonObject, key: string, place: Place): string {
  const value = object[key];
  if (value !== undefined && isJsonList(value)) {
    const bytes = value.map((item) => item ?? 0);
    if (!bytes.every(isByte)) throw refuseType(`${place}.${key}`, "a list of bytes");
    return Buffer.from(bytes).toString("base64");
  }
  const text = readText(object, key, place);
  const compact = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, "") : text;
  if (!base64.test(compact)) throw refuseType(`${place}.${key}`, "base64");
  // The bits that padding leaves over mean nothing; written back they are zero.
  return compact.endsWith("=") ? Buffer.from(compact, "base64").toString("base64") : compact;
}

/** A structure; empty when absent or null. */
export function readObject(value: JsonValue | undefined, place: Place): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw refuseType(place, "a mapping");
  return value;
}

function isJsonList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** A list; empty when absent or null. */
export function readList(value: JsonValue | undefined, place: Place): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  if (!isJsonList(value)) throw refuseType(place, "a list");
  return value;
}

/** A list of texts; null in it is `""`. */
export function readTexts(value: JsonValue | undefined, place: Place): readonly string[] {
  return readList(value, place).map((item, index) => {
    if (item === null) return "";
    if (typeof item !== "string") throw refuseKubeconfig(`${place}[${index}] is not a text`, "put it in quotes");
    return item;
  });
}

/** Named entries of a list, in its order. A name that comes twice is refused: which one was meant? */
export function readNamed<T>(
  value: JsonValue | undefined,
  place: Place,
  parse: (entry: JsonObject, place: Place) => T,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const [index, item] of readList(value, place).entries()) {
    const entry = readObject(item, `${place}[${index}]`);
    const name = readText(entry, "name", `${place}[${index}]`);
    const parsed = parse(entry, `${place}[${index}]`);
    if (found.has(name) && found.get(name) !== null)
      throw refuseKubeconfig(`${place} has the name ${JSON.stringify(name)} twice`, "rename or remove one of them");
    found.set(name, parsed);
  }
  return found;
}
