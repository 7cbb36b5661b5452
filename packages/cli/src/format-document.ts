import { escapeUnprintable, type JsonObject } from "@kubepass/wire";
import type { OutputForm } from "./settings.ts";

/**
 * A result for programs, in the form that was asked for; ends with a newline. A person may look at it on a terminal, so what could
 * steer one is escaped. YAML is loaded only when it is wanted.
 */
export async function formatDocument(document: JsonObject, form: Exclude<OutputForm, "text">): Promise<string> {
  const json = JSON.stringify(document);
  if (form === "json") return `${escapeUnprintable(JSON.stringify(document, undefined, 2), "json")}\n`;
  const { stringify } = await import("yaml");
  // Only between double quotes does YAML know escapes.
  const quoting = escapeUnprintable(json, "json") === json ? {} : ({ defaultStringType: "QUOTE_DOUBLE" } as const);
  // JSON first: `undefined` members have no place in YAML.
  return escapeUnprintable(stringify(JSON.parse(json), quoting), "yaml");
}
