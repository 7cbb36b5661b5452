import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { formatKubeconfig } from "../format-kubeconfig.ts";
import type { Kubeconfig } from "../kubeconfig.ts";

const lists: ReadonlySet<string> = new Set(["clusters", "users", "contexts"]);

function listEntries(key: string, value: JsonValue | undefined): readonly (readonly [string, JsonValue | undefined])[] {
  if (!lists.has(key) || !Array.isArray(value)) return lists.has(key) ? [] : [[key, value]];
  return value.map((entry: JsonValue) => [
    isJsonObject(entry) && typeof entry["name"] === "string" ? `${key}/${entry["name"]}` : key,
    entry,
  ]);
}

function toParts(document: JsonObject): ReadonlyMap<string, JsonValue | undefined> {
  return new Map(Object.entries(document).flatMap(([key, value]) => listEntries(key, value)));
}

/** What differs between two kubeconfigs, secrets as well: entries as `users/anna`, everything else by its key. */
export function listDifferences(before: Kubeconfig, after: Kubeconfig): readonly string[] {
  // Secrets are compared revealed: to anything else one secret is like another.
  const [left, right] = [toParts(formatKubeconfig(before, "reveal")), toParts(formatKubeconfig(after, "reveal"))];
  const all = new Set([...left.keys(), ...right.keys()]);
  return [...all].filter((part) => !isDeepStrictEqual(left.get(part), right.get(part)));
}
