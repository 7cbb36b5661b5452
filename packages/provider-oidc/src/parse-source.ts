import { Secret } from "@kubepass/wire";
import type { OptionReader } from "./option-reader.ts";
import type { SecretSource } from "./secret-source.ts";

/** The options that give the same secret in different ways. */
export interface SourceOptionNames {
  readonly text?: string;
  readonly file?: string;
  readonly command?: string;
  readonly stdin?: string;
}

/** Where a secret comes from; `undefined` when nothing says so. More than one answer is a problem. */
export function parseSource(reader: OptionReader, names: SourceOptionNames): SecretSource | undefined {
  const given = [names.text, names.file, names.command, names.stdin].filter((name) => name !== undefined && reader.has(name));
  if (given.length > 1) reader.problems.add(`${given.join(" and ")} exclude each other`);
  const text = names.text === undefined ? undefined : reader.findText(names.text);
  if (text !== undefined) return { kind: "text", secret: new Secret(text) };
  const path = names.file === undefined ? undefined : reader.findText(names.file);
  if (path !== undefined) return { kind: "file", path };
  const words: readonly string[] = names.command === undefined ? [] : reader.readList(names.command);
  const [program, ...args] = words;
  if (program !== undefined) return { kind: "command", program, args };
  return names.stdin !== undefined && reader.isOn(names.stdin) ? { kind: "stdin" } : undefined;
}
