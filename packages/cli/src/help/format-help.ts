import type { OptionSpec } from "@kubepass/plugin-sdk";
import type { CommandSpec } from "../command.ts";
import { visibleCommands } from "../commands.ts";
import { shortFlags } from "../options/global-options.ts";
import { listHeededOptions } from "../options/heeded-options.ts";
import { providers, type ProviderEntry } from "../registry.ts";
import { commandTexts, type CommandText, type Example } from "./command-texts.ts";
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
    spec.kind === "seconds" ? "seconds, or such as 3m or 1h" : undefined,
    spec.choices !== undefined && value === "=TEXT" ? `one of ${spec.choices.join(", ")}` : undefined,
    spec.defaultText === undefined ? undefined : `default ${spec.defaultText}`,
    spec.aliases === undefined ? undefined : `also --${spec.aliases.join(", --")}`,
  ].filter((fact) => fact !== undefined);
  const tail = facts.length === 0 ? "" : ` (${facts.join("; ")})`;
  return { term: `${short === undefined ? "" : `-${short}, `}--${spec.name}${value}`, text: `${spec.description}${tail}` };
}

function formatFlags(title: string, specs: readonly OptionSpec[], width: number): string {
  return specs.length === 0 ? "" : `${title}\n${formatRows(specs.map(formatFlag), width)}`;
}

function formatExamples(examples: readonly Example[], { program }: HelpLayout): string {
  return examples.map((example) => `  # ${example.text}\n  ${example.line.replaceAll("{program}", program)}`).join("\n");
}

/** The examples that are about a provider, or about none; all of them where none was named. */
function selectExamples({ examples }: CommandText, provider: ProviderEntry | undefined): readonly Example[] {
  return examples.filter((example) => provider === undefined || [undefined, provider.name].includes(example.provider));
}

function joinBlocks(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function listProviderFlags(command: CommandSpec, provider: ProviderEntry | undefined, width: number): readonly string[] {
  if (command.provider === "none") return [];
  return (provider === undefined ? providers : [provider]).map((entry) =>
    formatFlags(`Flags of ${entry.name} (${entry.description}):`, entry.options, width),
  );
}

/** Where else its options can stand. The flags of a command alone say what to do, so they stand on its command line only. */
function describeOtherPlaces(command: CommandSpec, program: string): string {
  if (!command.isConfigured) return "Global flags can also be environment variables: KUBEPASS_OUTPUT, KUBEPASS_NON_INTERACTIVE.";
  const which = command.provider === "none" ? "Global flags" : "Flags of a provider and global flags";
  return `${which} can also be environment variables or, but for secrets, stand in config.yaml: ${program} help environment`;
}

/** The help of one command: examples, then what to know, then every flag. */
export function formatCommandHelp(command: CommandSpec, provider: ProviderEntry | undefined, layout: HelpLayout): string {
  const { width, program } = layout;
  const text = getCommandText(command);
  return joinBlocks([
    wrapParagraphs(`${program} ${command.name}: ${text.summary}`, width),
    formatExamples(selectExamples(text, provider), layout),
    wrapParagraphs(`Usage: ${program} ${text.usage}`, width),
    wrapParagraphs(text.notes, width),
    formatFlags("Flags:", command.options, width),
    ...listProviderFlags(command, provider, width),
    formatFlags("Global flags:", listHeededOptions(command), width),
    wrapParagraphs(describeOtherPlaces(command, program), width),
  ]);
}

function formatCommandRows(commands: readonly CommandSpec[], width: number): string {
  return formatRows(
    commands.map((command) => ({ term: command.name, text: getCommandText(command).summary })),
    width,
  );
}

/** What `help` shows of a provider: the commands that take it, by their examples, and all of its flags. */
export function formatProviderHelp(provider: ProviderEntry, layout: HelpLayout): string {
  const { width, program } = layout;
  const takers = visibleCommands().filter((command) => command.provider !== "none");
  const examples = takers.flatMap((command) => getCommandText(command).examples.filter((example) => example.provider === provider.name));
  return joinBlocks([
    wrapParagraphs(`${provider.name}: ${provider.description}`, width),
    formatExamples(examples, layout),
    `Commands that take it:\n${formatCommandRows(takers, width)}`,
    formatFlags("Its flags:", provider.options, width),
    wrapParagraphs(`More about each command: ${program} help <command> ${provider.name}`, width),
  ]);
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
    `More about each: ${program} help <command, provider or topic>`,
  ]);
}
