import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { resolvePlainScalar } from "./yaml/plain-scalar.ts";

const safeText = /^[A-Za-z0-9_./+~](?:[A-Za-z0-9_./+=@~,;() -]|:(?=[^\s:])|#(?<=\S#))*$/;

const maxKnownLength = 64;
const maxKnown = 10_000;

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

class BlockWriter {
  text = "";
  /** Keys and values that come again and again, such as commands, are judged once. */
  readonly #known = new Map<string, string>();

  /** Writes a structure that is not empty; `start` stands before its first line, in the place of the indentation. */
  writeNode(value: JsonValue, indent: string, start: string): void {
    let before = start;
    if (isList(value)) {
      for (const item of value) {
        this.#writeItem(item, indent, before);
        before = indent;
      }
    } else if (isJsonObject(value)) {
      for (const key of Object.keys(value)) {
        const member = value[key];
        if (member === undefined) continue;
        this.#writeMember(key, member, indent, before);
        before = indent;
      }
    }
  }

  #formatText(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const formatted = formatText(text);
    if (text.length <= maxKnownLength && this.#known.size < maxKnown) this.#known.set(text, formatted);
    return formatted;
  }

  #formatScalar(value: JsonValue): string | undefined {
    if (typeof value === "string") return this.#formatText(value);
    if (isList(value)) return value.length === 0 ? "[]" : undefined;
    if (isJsonObject(value)) return Object.keys(value).length === 0 ? "{}" : undefined;
    return JSON.stringify(value);
  }

  #writeMember(key: string, value: JsonValue, indent: string, start: string): void {
    const scalar = this.#formatScalar(value);
    this.text += `${start}${this.#formatText(key)}:${scalar === undefined ? "" : ` ${scalar}`}\n`;
    if (scalar !== undefined) return;
    const inner = isList(value) ? indent : `${indent}  `;
    this.writeNode(value, inner, inner);
  }

  #writeItem(item: JsonValue, indent: string, start: string): void {
    const scalar = this.#formatScalar(item);
    if (scalar === undefined) this.writeNode(item, `${indent}  `, `${start}- `);
    else this.text += `${start}- ${scalar}\n`;
  }
}

/** A JSON object as block YAML, the way Go programs write kubeconfigs; ends with a newline. */
export function formatYaml(value: JsonObject): string {
  const writer = new BlockWriter();
  writer.writeNode(value, "", "");
  return writer.text === "" ? "{}\n" : writer.text;
}
