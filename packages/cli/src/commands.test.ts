import { describe, expect, test } from "vitest";
import type { CommandSpec } from "./command.ts";
import { listSecondWords, selectCommand } from "./commands.ts";

const known: readonly CommandSpec[] = ["serve", "serve init", "kubeconfig view", "kubeconfig add"].map((name) => ({
  name,
  provider: "none",
  hasWords: false,
  isConfigured: false,
  options: [],
  load: () => Promise.reject(new Error("not loaded in this test")),
}));

describe("the command that words begin with", () => {
  test.each([
    [["serve"], "serve", []],
    [["serve", "init"], "serve init", []],
    [["serve", "it"], "serve", ["it"]],
    [["kubeconfig", "view", "x"], "kubeconfig view", ["x"]],
    [["kubeconfig"], undefined, []],
    [["kubeconfig", "vew"], undefined, ["vew"]],
    [["kubeconfig view"], "kubeconfig view", []],
    [[], undefined, []],
  ])("%j", (words, name, rest) => {
    const selected = selectCommand(words, known);
    expect([selected.command?.name, selected.rest]).toEqual([name, rest]);
  });
});

test("a first word has its second words", () => {
  expect(listSecondWords("kubeconfig", known)).toEqual(["view", "add"]);
  expect(listSecondWords("serve", known)).toEqual(["init"]);
  expect(listSecondWords("kube", known)).toEqual([]);
});
