import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { refuseKubeconfig } from "./invalid.ts";
import { maxDepth } from "./yaml/beyond.ts";
import { parseYaml } from "./yaml/parse-yaml.ts";
import { scanBlockYaml } from "./yaml/scan-block-yaml.ts";

function isDeeperThan(value: JsonValue | undefined, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((member: JsonValue | undefined) => isDeeperThan(member, depth - 1));
}

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
  if (json !== undefined) {
    if (isDeeperThan(json, maxDepth)) throw refuseKubeconfig("the text is nested too deeply");
    return json;
  }
  const scanned = scanBlockYaml(text);
  return scanned === undefined ? parseYaml(text) : scanned;
}
