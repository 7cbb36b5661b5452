import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { visibleCommands } from "../commands.ts";
import { indexFlags } from "../options/flag-index.ts";
import { providers } from "../registry.ts";
import { listCommands, readPowerShell } from "../test-support/read-powershell.ts";
import { findCompletions } from "./find-completions.ts";
import { getCompletionScript } from "./scripts.ts";
import { formatCompletions, readShellWords } from "./shell-form.ts";

// No PowerShell is to be had where the tests run. What is held instead: what the script runs, and that nothing which is
// typed can become code: not in the script's strings, and not in what it gives back, which PowerShell puts on the line as it is.

const parts = readPowerShell(getCompletionScript("powershell"));

describe("the script", () => {
  test("runs kubepass, and else only what PowerShell brings", () => {
    const known = ["param", "if"];
    const commands = listCommands(parts).filter((command) => !known.includes(command));
    expect(commands).toEqual([
      "Register-ArgumentCompleter",
      "Select-Object",
      "Where-Object",
      "ForEach-Object",
      "kubepass",
      "Where-Object",
      "ForEach-Object",
    ]);
  });

  test("calls nothing by a name that is made up while it runs", () => {
    const signs = parts.flatMap((part) => (part.kind === "sign" ? [part.text] : []));
    expect(signs).not.toContain("&");
    const words = parts.flatMap((part) => (part.kind === "word" ? [part.text] : []));
    for (const word of ["Invoke-Expression", "iex", "Invoke-Command", "."]) expect(words).not.toContain(word);
  });

  test("puts what is typed into one string, behind a sign, and nothing else into any", () => {
    const strings = parts.flatMap((part) => (part.kind === "string" ? [part.string] : []));
    expect(strings).toEqual([
      { kind: "expandable", text: "=$wordToComplete", variables: ["wordToComplete"] },
      { kind: "expandable", text: ":files", variables: [] },
      { kind: "expandable", text: "\t", variables: [] },
      { kind: "expandable", text: "ParameterValue", variables: [] },
    ]);
  });

  test("hands kubepass the words one by one: the list is spread, never joined", () => {
    const words = parts.flatMap((part) => (part.kind === "word" ? [part.text] : []));
    const call = words.indexOf("kubepass", words.indexOf("ForEach-Object"));
    expect(words.slice(call, call + 5)).toEqual(["kubepass", "__complete", "powershell", "@words", "2"]);
  });
});

describe("the reader refuses", () => {
  test.each([
    ["a string that runs code", '"$(Get-Item x)"', /runs code/],
    ["a string that does not end", 'echo "a', /does not end/],
    ["a literal that does not end", "echo 'a''", /does not end/],
    ["a block that does not end", "if ($a) {", /is missing/],
    ["a bracket that closes nothing", "a )", /closes nothing/],
    ["a here-string", "@'\na\n'@", /unknown/],
  ])("%s", (_, script, says) => {
    expect(() => readPowerShell(script)).toThrow(says);
  });

  test("no quote that PowerShell takes for one", () => {
    expect(
      readPowerShell('\'it\'\'s\' \u2018so\u2019 "a`"b""c"').flatMap((part) => (part.kind === "string" ? [part.string.text] : [])),
    ).toEqual(["it's", "so", 'a"b"c']);
  });
});

// What needs no quotes wherever it stands on a line.
const bare = /^(?:--[a-z0-9-]+=?)?(?:[a-z0-9:][\w.:/-]*)?$/i;

function answer(words: readonly string[]): readonly string[] {
  const asked = words.map((word, index) => (index === words.length - 1 ? `=${word}` : word));
  return formatCompletions("powershell", findCompletions(readShellWords("powershell", asked)))
    .split("\n")
    .filter((line) => line !== "" && line !== ":files");
}

/** Every beginning of a line for which there may be an answer. */
function listBeginnings(): readonly (readonly string[])[] {
  const names = providers.map(({ name }) => name);
  const commands = visibleCommands().flatMap(({ name, provider }) => {
    const words = name.split(" ");
    return provider === "none" ? [words] : [words, ...names.map((each) => [...words, each])];
  });
  const flags = [...indexFlags().keys()].map((name) => `--${name}`);
  return [[], ...commands, ...flags.map((flag) => [flag])];
}

describe("what is given back", () => {
  test("needs no quotes in any answer, and each line is one candidate", () => {
    const beginnings = listBeginnings();
    const lines = beginnings.flatMap((words) => [...answer([...words, ""]), ...answer([...words, "--"])]);
    const values = [...indexFlags().keys()].flatMap((flag) => answer([`--${flag}=`]));
    expect([lines.length > 500, values.length > 10]).toEqual([true, true]);
    for (const line of [...lines, ...values]) {
      const [text, description = "", ...more] = line.split("\t");
      expect([text, more]).toEqual([expect.stringMatching(bare), []]);
      expect(description).not.toMatch(/\p{Cc}/u);
    }
  });

  test("is never what was typed, whatever that is", () => {
    const hostile = fc.array(fc.constantFrom("'", '"', "`", "$(", ")", ";", "|", "&", "\n", "\t", "\u2019", "--output", "=", "j", "calc"), {
      maxLength: 8,
    });
    const words = fc.array(
      hostile.map((pieces) => pieces.join("")),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(words, (typed) => {
        for (const line of answer(typed)) expect(line.split("\t")[0]).toMatch(bare);
      }),
      { numRuns: 2000 },
    );
  });
});
