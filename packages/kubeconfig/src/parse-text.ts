import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { parseYaml } from "./yaml/parse-yaml.ts";
import { scanBlockYaml } from "./yaml/scan-block-yaml.ts";

function findJson(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // YAML may begin with a brace as well.
    return undefined;
  }
}

/**
 * A kubeconfig's text as JSON: by the platform's parser when it is JSON, by a scanner of our own when it is the plain YAML that
 * kubeconfigs are written in, else by a parser of the whole language. All three give the same. Throws `KUBECONFIG_INVALID`.
 */
export function parseText(text: string): JsonValue {
  const json = /^\s*\{\s*["}]/.test(text) ? findJson(text) : undefined;
  if (json !== undefined) return json;
  const scanned = scanBlockYaml(text);
  return scanned === undefined ? parseYaml(text) : scanned;
}
