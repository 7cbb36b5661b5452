import type { OptionSpec } from "@kubepass/plugin-sdk";
import type { CommandSpec } from "../command.ts";
import { visibleCommands } from "../commands.ts";
import { globalOptions, shortFlags } from "../options/global-options.ts";
import { providers, type ProviderEntry } from "../registry.ts";
import { commandTexts, type CommandText } from "./command-texts.ts";
import { topics } from "./topics.ts";
import { formatRows, type Row, wrapParagraphs } from "./wrap-text.ts";

/** How help is laid out. */
export interface HelpLayout {
  /** What the person types: `kubepass`, or `kubectl pass`. */
  readonly program: string;
  /** Columns. */
  readonly width: number;
}

const placeholders: Readonly<Record<OptionSpec["kind"], string>> = {
  text: "=TEXT",
  switch: "",
  list: "=TEXT ...",
  map: "=KEY=VALUE ...",
  seconds: "=TIME",
};

/** The words of a command. */
export function getCommandText(command: CommandSpec): CommandText {
  return commandTexts[command.name] ?? { summary: "", usage: command.name, examples: [], notes: "" };
}

function formatFlag(spec: OptionSpec): Row {
  const short = shortFlags[spec.name];
  const value = spec.choices === undefined || spec.choices.join("|").length > 34 ? placeholders[spec.kind] : `=${spec.choices.join("|")}`;
  const facts = [
    spec.choices !== undefined && value === "=TEXT" ? `one of ${spec.choices.join(", ")}` : undefined,
    spec.defaultText === undefined ? undefined : `default ${spec.defaultText}`,
    spec.aliases === undefined ? undefined : `also --${spec.aliases.join(", --")}`,
  ].filter((fact) => fact !== undefined);
  const tail = facts.length === 0 ? "" : ` (${facts.join("; ")})`;
  return { term: `--${spec.name}${short === undefined ? "" : `, -${short}`}${value}`, text: `${spec.description}${tail}` };
}

function formatFlags(title: string, specs: readonly OptionSpec[], width: number): string {
  return specs.length === 0 ? "" : `${title}\n${formatRows(specs.map(formatFlag), width)}`;
}

function formatExamples(text: CommandText, layout: HelpLayout): string {
  return text.examples.map((example) => `  # ${example.text}\n  ${example.line.replaceAll("{program}", layout.program)}`).join("\n");
}

function joinBlocks(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

// What means something to commands that neither sign in nor read the config file; they take the others, and heed none.
const outputOptions: ReadonlySet<string> = new Set(["non-interactive", "output"]);

/** The global options that a command heeds. */
export function listHeededOptions(command: CommandSpec): readonly OptionSpec[] {
  if (command.isConfigured) return globalOptions;
  const hasFile = getCommandText(command).usage.includes("--config=");
  return globalOptions.filter(({ name }) => outputOptions.has(name) || (name === "config" && hasFile));
}

function listProviderFlags(command: CommandSpec, provider: ProviderEntry | undefined, width: number): readonly string[] {
  if (command.provider === "none") return [];
  return (provider === undefined ? providers : [provider]).map((entry) =>
    formatFlags(`Flags of ${entry.name} (${entry.description}):`, entry.options, width),
  );
}

/** The help of one command: examples, then what to know, then every flag. */
export function formatCommandHelp(command: CommandSpec, provider: ProviderEntry | undefined, layout: HelpLayout): string {
  const { width, program } = layout;
  const text = getCommandText(command);
  return joinBlocks([
    wrapParagraphs(`${program} ${command.name}: ${text.summary}`, width),
    formatExamples(text, layout),
    wrapParagraphs(`Usage: ${program} ${text.usage}`, width),
    wrapParagraphs(text.notes, width),
    formatFlags("Flags:", command.options, width),
    ...listProviderFlags(command, provider, width),
    formatFlags("Global flags:", listHeededOptions(command), width),
    command.isConfigured
      ? wrapParagraphs(`Every flag can also be an environment variable or stand in config.yaml: ${program} help environment`, width)
      : "",
  ]);
}

function formatCommandRows(commands: readonly CommandSpec[], width: number): string {
  return formatRows(
    commands.map((command) => ({ term: command.name, text: getCommandText(command).summary })),
    width,
  );
}

/** What the first of two words alone shows. */
export function formatGroupHelp(first: string, { program, width }: HelpLayout): string {
  const members = visibleCommands().filter((command) => command.name.startsWith(`${first} `));
  return joinBlocks([
    `Commands of ${program} ${first}:\n${formatCommandRows(members, width)}`,
    `More about each: ${program} help ${first} <command>`,
  ]);
}

/** What `kubepass` alone shows. */
export function formatOverview(layout: HelpLayout): string {
  const { program, width } = layout;
  return joinBlocks([
    "kubepass: one pass to every Kubernetes cluster",
    [
      "  # Sign in once; kubectl then asks kubepass for its credentials:",
      `  ${program} login oidc --issuer-url=https://issuer.example --client-id=kubernetes`,
      "  # Who is signed in, and until when:",
      `  ${program} status`,
      "  # How a kubeconfig uses kubepass:",
      `  ${program} help get-token`,
    ].join("\n"),
    `Commands:\n${formatCommandRows(visibleCommands(), width)}`,
    `Providers:\n${formatRows(
      providers.map((provider) => ({ term: provider.name, text: provider.description })),
      width,
    )}`,
    `Topics:\n${formatRows(
      topics.map((topic) => ({ term: topic.name, text: topic.summary })),
      width,
    )}`,
    `More about each: ${program} help <command or topic>`,
  ]);
}
