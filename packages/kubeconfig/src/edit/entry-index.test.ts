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
