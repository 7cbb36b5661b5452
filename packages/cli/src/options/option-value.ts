import type { OptionSpec, OptionValues } from "@kubepass/plugin-sdk";
import { isJsonObject } from "@kubepass/wire";
import { commandOptions } from "./global-options.ts";
import { findCommandProblem } from "./split-command.ts";

/** The value of one option. */
export type OptionValue = NonNullable<OptionValues[string]>;

/** A value, or one sentence on what is wrong with it, to be put after the place where it stands. */
export type ValueOutcome = { readonly value: OptionValue } | { readonly problem: string };

const secondsByUnit: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600 };

function parseText(spec: OptionSpec, text: string): ValueOutcome {
  const problem = commandOptions.has(spec.name) ? findCommandProblem(text) : undefined;
  if (problem !== undefined) return { problem };
  if (spec.choices === undefined || spec.choices.includes(text)) return { value: text };
  return { problem: `must be one of ${spec.choices.join(", ")}${spec.isSecret === true ? "" : `, not ${JSON.stringify(text)}`}` };
}

function parseSwitch(text: string): ValueOutcome {
  if (text === "true" || text === "1") return { value: true };
  if (text === "false" || text === "0") return { value: false };
  return { problem: `must be true or false, not ${JSON.stringify(text)}` };
}

const secondsWanted = "must be a number of seconds, such as 180 or 3m";

function parseSeconds(text: string): ValueOutcome {
  const match = /^(\d{1,9})([smh]?)$/.exec(text);
  const seconds = Number(match?.[1] ?? Number.NaN) * (secondsByUnit[match?.[2] ?? ""] ?? 1);
  if (match === null || !Number.isSafeInteger(seconds)) return { problem: `${secondsWanted}, not ${JSON.stringify(text)}` };
  return { value: seconds };
}

function parseMap(spec: OptionSpec, members: readonly string[]): ValueOutcome {
  const map: [string, string][] = [];
  for (const member of members) {
    // Only the first sign separates: values such as query strings and base64 carry more of them.
    const sign = member.indexOf("=");
    if (sign < 1) return { problem: `must be key=value${spec.isSecret === true ? "" : `, not ${JSON.stringify(member)}`}` };
    map.push([member.slice(0, sign), member.slice(sign + 1)]);
  }
  return { value: Object.fromEntries(map) };
}

/** What was given as texts, in order: by flags, or as the items of a variable. The last one wins where there can be one only. */
export function parseTexts(spec: OptionSpec, texts: readonly string[]): ValueOutcome {
  const last = texts.at(-1) ?? "";
  switch (spec.kind) {
    case "text":
      return parseText(spec, last);
    case "switch":
      return parseSwitch(last);
    case "seconds":
      return parseSeconds(last);
    case "list":
      return { value: [...texts] };
    case "map":
      return parseMap(spec, texts);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The text of an environment variable. A list has one item per line or between commas, a map one `key=value`
 * per line (values keep their commas); JSON says what neither can.
 */
export function parseVariable(spec: OptionSpec, text: string): ValueOutcome {
  if (spec.kind !== "list" && spec.kind !== "map") return parseTexts(spec, [text]);
  if (/^\s*[[{]/.test(text)) {
    const value = parseJson(text);
    if (value !== undefined) return parseStructured(spec, value);
  }
  const items = text.split(spec.kind === "list" ? /[\n,]/ : /\n/).map((item) => item.trim());
  return parseTexts(
    spec,
    items.filter((item) => item !== ""),
  );
}

function parseStructuredList(value: unknown): ValueOutcome {
  if (typeof value === "string") return { value: [value] };
  const texts = Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  return Array.isArray(value) && texts.length === value.length ? { value: texts } : { problem: "must be a list of texts" };
}

function parseStructuredMap(value: unknown): ValueOutcome {
  if (!isJsonObject(value)) return { problem: "must be an object of texts" };
  const members = Object.entries(value).flatMap(([key, member]): [string, string][] => (typeof member === "string" ? [[key, member]] : []));
  if (members.length !== Object.keys(value).length) return { problem: "must be an object of texts; put numbers and switches in quotes" };
  return { value: Object.fromEntries(members) };
}

/** A value of a config file or a cluster extension, already parsed from YAML or JSON. */
export function parseStructured(spec: OptionSpec, value: unknown): ValueOutcome {
  switch (spec.kind) {
    case "text":
      return typeof value === "string" ? parseText(spec, value) : { problem: "must be a text; put it in quotes" };
    case "switch":
      return typeof value === "boolean" ? { value } : { problem: "must be true or false, without quotes" };
    case "seconds":
      return typeof value === "string" || typeof value === "number" ? parseSeconds(String(value)) : { problem: secondsWanted };
    case "list":
      return parseStructuredList(value);
    case "map":
      return parseStructuredMap(value);
  }
}
