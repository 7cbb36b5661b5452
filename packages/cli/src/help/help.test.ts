import { describe, expect, test } from "vitest";
import { visibleCommands } from "../commands.ts";
import { findCompletions } from "../completion/find-completions.ts";
import { globalOptions } from "../options/global-options.ts";
import { listHeededOptions } from "../options/heeded-options.ts";
import { parseArguments } from "../options/parse-arguments.ts";
import { findProvider, providers } from "../registry.ts";
import { commandTexts } from "./command-texts.ts";
import { exitCodeMeanings } from "./exit-codes.ts";
import { formatCommandHelp, formatOverview, formatProviderHelp } from "./format-help.ts";
import { topics } from "./topics.ts";
import { errorCatalogue } from "@kubepass/wire";

const layout = { program: "kubepass", width: 80 };

/** Lines that are shown to be copied may be as long as they need to be. */
function findWideLines(text: string, width: number): readonly string[] {
  return text.split("\n").filter((line) => line.length > width && !/^ {2}(#|kubepass|kubectl|source)/.test(line));
}

function showsFlag(name: string): RegExp {
  return new RegExp(`^  (?:-\\w, )?--${name}(?:[=\\s]|$)`, "gm");
}

describe.each(visibleCommands().map((command) => [command.name, command] as const))("help of %s", (name, command) => {
  const text = formatCommandHelp(command, undefined, layout);

  test("begins with what it is for, then examples", () => {
    expect(text).toMatch(new RegExp(`^kubepass ${name}: .+\\n\\n  # `));
  });

  test("tells every flag", () => {
    const specs = [...command.options, ...(command.provider === "none" ? [] : providers.flatMap((provider) => provider.options))];
    for (const spec of specs) expect(text).toMatch(showsFlag(spec.name));
  });

  test("tells the global flags that it heeds, each once, and no others", () => {
    const heeded = new Set([...listHeededOptions(command), ...command.options].map((spec) => spec.name));
    for (const { name: flag } of globalOptions) {
      expect([flag, text.match(showsFlag(flag))?.length ?? 0]).toEqual([flag, heeded.has(flag) ? 1 : 0]);
    }
    expect(text.includes("config.yaml: kubepass help environment")).toBe(command.isConfigured);
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

test("the help of a command for one provider has that one's examples and flags alone", () => {
  const command = visibleCommands().find(({ name }) => name === "login");
  const text = command === undefined ? "" : formatCommandHelp(command, findProvider("eks"), layout);
  expect(text).toMatch(/^ {2}kubepass login eks --cluster-name=/m);
  expect(text).not.toMatch(/login oidc|--issuer-url/);
});

test("a duration says in which unit it is", () => {
  const command = visibleCommands().find(({ name }) => name === "login");
  const text = command === undefined ? "" : formatCommandHelp(command, undefined, { ...layout, width: 200 });
  expect(text).toMatch(/--sign-in-timeout=TIME +how long to wait .*\(seconds, or such as 3m or 1h; default 180;/);
});

describe.each(providers)("help of the provider $name", (provider) => {
  const text = formatProviderHelp(provider, layout);

  test("begins with what it is, then a command for each thing to do with it", () => {
    expect(text.startsWith(`${provider.name}: ${provider.description}\n\n  # `)).toBe(true);
    for (const command of ["login", "kubeconfig add"]) expect(text).toContain(`\n  kubepass ${command} ${provider.name} --`);
  });

  test("tells every flag", () => {
    for (const spec of provider.options) expect(text).toMatch(showsFlag(spec.name));
    expect(findWideLines(text, 80)).toEqual([]);
  });
});

test.each<[string, readonly string[]]>([
  ["kubeconfig view", ["non-interactive", "output"]],
  ["kubeconfig audit", ["non-interactive", "output"]],
  ["serve", ["non-interactive", "output"]],
  ["status", globalOptions.map(({ name }) => name)],
])("help of %s tells of the global flags that mean something to it", (name, wanted) => {
  const command = visibleCommands().find((each) => each.name === name);
  const [, told = ""] = command === undefined ? [] : formatCommandHelp(command, undefined, layout).split("Global flags:\n");
  expect([...told.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(([, flag]) => flag)).toEqual(wanted);
  const own = command?.options.map((spec) => spec.name) ?? [];
  const { candidates } = { candidates: [], ...findCompletions([...name.split(" "), "--"]) };
  const names = candidates.map(({ text }: { readonly text: string }) => text.slice(2));
  expect(globalOptions.map((spec) => spec.name).filter((each) => names.includes(each) && !own.includes(each))).toEqual(wanted);
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
