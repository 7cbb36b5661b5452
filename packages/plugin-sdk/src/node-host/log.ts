import { formatPrintable } from "@kubepass/wire";
import type { Log, LogFields } from "../host.ts";

/** How much is told: 0 warnings, 1 decisions (`-v`), 2 requests (`-vv`). */
export type Verbosity = 0 | 1 | 2;

/** A log that writes one line for each message. */
export interface LogOptions {
  readonly name: string;
  readonly verbosity: Verbosity;
  /** `json`: one object a line, for programs that read standard error. */
  readonly format: "text" | "json";
  write(line: string): void;
}

function formatField(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "string") return formatPrintable(value);
  // A Secret serialises as [secret].
  return formatPrintable(JSON.stringify(value) ?? String(value));
}

function formatText(name: string, level: string, message: string, fields: LogFields): string {
  const facts = Object.entries(fields).filter(([, value]) => value !== undefined);
  const tail = facts.map(([key, value]) => `${key}: ${formatField(value)}`).join(", ");
  return `${name}: ${level}: ${message}${tail === "" ? "" : ` (${tail})`}\n`;
}

/** The facts of a log line as texts that steer no terminal and show no secret. */
export function formatFields(fields: LogFields): Record<string, string> {
  const facts: Record<string, string> = {};
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) facts[key] = formatField(value);
  return facts;
}

function formatJson(name: string, level: string, message: string, fields: LogFields): string {
  return `${JSON.stringify({ apiVersion: "kubepass.dev/v1", kind: "Log", name, level, message, fields: formatFields(fields) })}\n`;
}

/** A {@link Log}; what each level is for is said at `Host`. */
export function createLog(options: LogOptions): Log {
  const format = options.format === "json" ? formatJson : formatText;
  const logAt =
    (level: string, needed: Verbosity) =>
    (message: string, fields: LogFields = {}): void => {
      if (options.verbosity >= needed) options.write(format(options.name, level, message, fields));
    };
  return { warn: logAt("warning", 0), info: logAt("info", 1), debug: logAt("debug", 2) };
}
