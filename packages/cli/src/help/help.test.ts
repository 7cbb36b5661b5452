import { describe, expect, test } from "vitest";
import { visibleCommands } from "../commands.ts";
import { findCompletions } from "../completion/find-completions.ts";
import { globalOptions } from "../options/global-options.ts";
import { parseArguments } from "../options/parse-arguments.ts";
import { providers } from "../registry.ts";
import { commandTexts } from "./command-texts.ts";
import { exitCodeMeanings } from "./exit-codes.ts";
import { formatCommandHelp, formatOverview, listHeededOptions } from "./format-help.ts";
import { topics } from "./topics.ts";
import { errorCatalogue } from "@kubepass/wire";

const layout = { program: "kubepass", width: 80 };

/** Lines that are shown to be copied may be as long as they need to be. */
function findWideLines(text: string, width: number): readonly string[] {
  return text.split("\n").filter((line) => line.length > width && !/^ {2}(#|kubepass|kubectl|source)/.test(line));
}

describe.each(visibleCommands().map((command) => [command.name, command] as const))("help of %s", (name, command) => {
  const text = formatCommandHelp(command, undefined, layout);

  test("begins with what it is for, then examples", () => {
    expect(text).toMatch(new RegExp(`^kubepass ${name}: .+\\n\\n  # `));
  });

  test("tells every flag", () => {
    const specs = [
      ...listHeededOptions(command),
      ...command.options,
      ...(command.provider === "none" ? [] : providers.flatMap((provider) => provider.options)),
    ];
    for (const spec of specs) expect(text).toMatch(new RegExp(`^  --${spec.name}[=,\\s]`, "m"));
  });

  test.each([60, 80, 110])("fits into %i columns", (width) => {
    expect(findWideLines(formatCommandHelp(command, undefined, { ...layout, width }), width)).toEqual([]);
  });

  test("has examples that the program understands", () => {
    const lines = (commandTexts[name]?.examples ?? []).flatMap(({ line }) => /^\{program\} ([^|>#)]*)/.exec(line)?.[1] ?? []);
    expect(lines.map((line) => parseArguments(line.trim().split(/\s+/)).problems)).toEqual(lines.map(() => []));
  });

  test("speaks of kubectl pass where that was typed", () => {
    expect(formatCommandHelp(command, undefined, { ...layout, program: "kubectl pass" })).toContain(`Usage: kubectl pass ${name}`);
  });
});

test.each<[string, readonly string[]]>([
  ["kubeconfig view", ["non-interactive", "output"]],
  ["kubeconfig audit", ["non-interactive", "output"]],
  ["serve", ["non-interactive", "output", "config"]],
  ["status", globalOptions.map(({ name }) => name)],
])("help of %s tells of the global flags that mean something to it", (name, wanted) => {
  const command = visibleCommands().find((each) => each.name === name);
  const [, told = ""] = command === undefined ? [] : formatCommandHelp(command, undefined, layout).split("Global flags:\n");
  expect([...told.matchAll(/^ {2}--([\w-]+)/gm)].map(([, flag]) => flag)).toEqual(wanted);
  const { candidates } = { candidates: [], ...findCompletions([...name.split(" "), "--"]) };
  const names = candidates.map(({ text }: { readonly text: string }) => text.slice(2));
  expect(globalOptions.map((spec) => spec.name).filter((each) => names.includes(each))).toEqual(wanted);
});

test("the overview names every command, provider and topic", () => {
  const text = formatOverview(layout);
  for (const { name } of [...visibleCommands(), ...providers, ...topics]) expect(text).toMatch(new RegExp(`^  ${name} `, "m"));
  expect(findWideLines(text, 80)).toEqual([]);
  expect(text).not.toContain("__complete");
});

test.each(topics.map((topic) => [topic.name, topic] as const))("the topic %s fits into 80 columns", (_, topic) => {
  expect(findWideLines(topic.format(80), 80)).toEqual([]);
});

test("the topic of exit codes names every code of the catalogue", () => {
  const text = topics.find((topic) => topic.name === "exit-codes")?.format(80) ?? "";
  for (const [code, { exitCode }] of Object.entries(errorCatalogue)) {
    expect(text).toContain(code);
    expect(exitCodeMeanings[exitCode]).toBeDefined();
  }
});

test("the topic of the environment names a variable for every global option", () => {
  const text = topics.find((topic) => topic.name === "environment")?.format(80) ?? "";
  for (const spec of globalOptions) expect(text).toContain(`KUBEPASS_${spec.name.replaceAll("-", "_").toUpperCase()}`);
});
