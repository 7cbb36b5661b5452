import { isJsonObject, type JsonObject } from "@kubepass/wire";

/** The keys of a JWK Set (RFC 7517 §5) as they are; members that are no objects are passed over. `undefined` when it is none. */
export function parseKeySet(text: string): readonly JsonObject[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const keys = isJsonObject(value) ? value["keys"] : undefined;
  return Array.isArray(keys) ? keys.filter((key) => isJsonObject(key)) : undefined;
}
