import type { JsonObject } from "@kubepass/wire";
import type { OutputForm } from "./settings.ts";

/** A result for programs, in the form that was asked for; ends with a newline. YAML is loaded only when it is wanted. */
export async function formatDocument(document: JsonObject, form: Exclude<OutputForm, "text">): Promise<string> {
  if (form === "json") return `${JSON.stringify(document, undefined, 2)}\n`;
  const { stringify } = await import("yaml");
  // JSON first: `undefined` members have no place in YAML.
  return stringify(JSON.parse(JSON.stringify(document)));
}
