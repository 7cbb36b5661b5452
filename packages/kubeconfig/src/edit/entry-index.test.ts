import { expect, test } from "vitest";
import { YAMLSeq } from "yaml";
import { EntryIndex } from "./entry-index.ts";

function createList(names: readonly string[]): YAMLSeq {
  const list = new YAMLSeq();
  list.items = [...names];
  return list;
}

function createIndex(): { readonly index: EntryIndex; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const nameOf = (item: unknown): string | undefined => {
    asked.push(item);
    return typeof item === "string" ? item : undefined;
  };
  return { index: new EntryIndex(nameOf), asked };
}

test("entries are found by their names, each looked at once however many are looked for", () => {
  const names = Array.from({ length: 100 }, (_, at) => `user-${at}`);
  const list = createList(names);
  const { index, asked } = createIndex();
  expect(names.map((name) => index.find(list, name))).toEqual(names.map((_, at) => at));
  expect(index.find(list, "nobody")).toBeUndefined();
  for (const name of ["new", "newer"]) index.add(list, name);
  expect(["new", "newer"].map((name) => index.find(list, name))).toEqual([100, 101]);
  expect(asked).toEqual([...names, "new", "newer"]);
});

test("of a name that comes twice the first is found, and when that is gone the other one", () => {
  const list = createList(["a", "b", "a", "c"]);
  const { index } = createIndex();
  index.add(list, "b");
  expect(["a", "b", "c"].map((name) => index.find(list, name))).toEqual([0, 1, 3]);
  index.remove(list, 0);
  expect(list.items).toEqual(["b", "a", "c", "b"]);
  expect(["a", "b", "c"].map((name) => index.find(list, name))).toEqual([1, 0, 2]);
});

test("the last entry goes without another look at the others, and one before it is found again by looking", () => {
  const list = createList(["a", "b", "a", "c"]);
  const { index, asked } = createIndex();
  index.find(list, "a");
  asked.length = 0;
  index.remove(list, 3);
  index.remove(list, 2);
  expect(["a", "b", "c"].map((name) => index.find(list, name))).toEqual([0, 1, undefined]);
  index.add(list, "c");
  expect(index.find(list, "c")).toBe(2);
  expect(asked).toEqual(["c", "a", "c"]);
  index.remove(list, 0);
  expect(["a", "b", "c"].map((name) => index.find(list, name))).toEqual([undefined, 0, 1]);
});
