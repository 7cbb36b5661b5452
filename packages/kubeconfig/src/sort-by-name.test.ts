import fc from "fast-check";
import { expect, test } from "vitest";
import { sortByName } from "./sort-by-name.ts";

test("names are sorted by their bytes, whatever characters they are of", () => {
  const name = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("\u{1f600}", "\uff5e", "z", ""));
  fc.assert(
    fc.property(fc.uniqueArray(name), (names) => {
      const sorted = sortByName(new Map(names.map((each) => [each, 0]))).map(([each]) => each);
      expect(sorted).toEqual(names.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))));
    }),
  );
});
