import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { resolvePlainScalar } from "./yaml/plain-scalar.ts";

const safeText = /^[A-Za-z0-9_./+~](?:[A-Za-z0-9_./+=@~,;() -]|:(?=[^\s:])|#(?<=\S#))*$/;

/** A text plain where every YAML parser reads it back as this text, else in double quotes. */
function formatText(text: string): string {
  if (text.length > 40 && /^[A-Za-z][A-Za-z0-9+/]*={0,2}$/.test(text)) return text;
  const isPlain = text.length > 0 && !text.endsWith(" ") && safeText.test(text) && typeof resolvePlainScalar(text) === "string";
  return isPlain ? text : JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function formatScalar(value: JsonValue): string | undefined {
  if (typeof value === "string") return formatText(value);
  if (isList(value)) return value.length === 0 ? "[]" : undefined;
  if (isJsonObject(value)) return Object.keys(value).length === 0 ? "{}" : undefined;
  return JSON.stringify(value);
}

function pushMember(lines: string[], key: string, value: JsonValue, indent: string): void {
  const scalar = formatScalar(value);
  if (scalar !== undefined) lines.push(`${indent}${formatText(key)}: ${scalar}`);
  else {
    lines.push(`${indent}${formatText(key)}:`);
    pushNode(lines, value, isList(value) ? indent : `${indent}  `);
  }
}

function pushItem(lines: string[], item: JsonValue, indent: string): void {
  const scalar = formatScalar(item);
  if (scalar !== undefined) lines.push(`${indent}- ${scalar}`);
  else {
    const start = lines.length;
    pushNode(lines, item, `${indent}  `);
    lines[start] = `${indent}- ${(lines[start] ?? "").slice(indent.length + 2)}`;
  }
}

function pushNode(lines: string[], value: JsonValue, indent: string): void {
  if (isList(value)) for (const item of value) pushItem(lines, item, indent);
  else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) if (member !== undefined) pushMember(lines, key, member, indent);
  }
}

/** A JSON object as block YAML, the way Go programs write kubeconfigs; ends with a newline. */
export function formatYaml(value: JsonObject): string {
  const lines: string[] = [];
  pushNode(lines, value, "");
  return lines.length === 0 ? "{}\n" : `${lines.join("\n")}\n`;
}
