import { expect, it } from "vitest";
import { findStrayTab } from "./find-stray-tab.ts";

// As the YAML reader of kube-apiserver 1.37 judges them.
it.each([
  ["a:\t[]\n", undefined],
  ["a: \t[]\n", undefined],
  ["a: []\t# c\n", undefined],
  ["a: [\t]\n", undefined],
  ["a: [\n\t]\n", undefined],
  ["a: [\n1,\n\t2]\n", undefined],
  ['a: "b\n  \tc"\n', undefined],
  ["a: b\n  \tc\n", undefined],
  ["- !!map \t{}\n", undefined],
  ["- &a \tb: 1\n", undefined],
  ["a: |\n  b\n  \tc\n", undefined],
  ["a: []\n---\n- \tb\n", undefined],
  ["- \tb: 1\n", 2],
  ["-\tb\n", 1],
  ["- - \tb\n", 4],
  ["- \t[]\n", 2],
  ["- \t# c\n  b: 1\n", 2],
  ["-\t\n  b: 1\n", 1],
  ["a: []\n\t\n", 6],
  ["a: []\n \t# c\n", 7],
  ["a:\n\t\n  []\n", 3],
  ["? \ta\n: []\n", 2],
  ["? a\n: \t[]\n", 6],
])("the tab in %j is refused at %s", (text, place) => {
  expect(findStrayTab(text)).toBe(place);
});
