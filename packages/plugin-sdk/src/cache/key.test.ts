import fc from "fast-check";
import { formatCanonicalJson, type JsonObject } from "@kubepass/wire";
import { expect, test } from "vitest";
import { deriveCacheKey } from "./key.ts";

const identities = fc.dictionary(
  fc.string(),
  fc.oneof(fc.string(), fc.boolean(), fc.array(fc.string()), fc.dictionary(fc.string(), fc.string())),
);

function shuffle(identity: JsonObject, seed: number): JsonObject {
  const entries = Object.entries(identity);
  const turned = [...entries.slice(seed % (entries.length + 1)), ...entries.slice(0, seed % (entries.length + 1))].toReversed();
  return Object.fromEntries(turned);
}

test("the same options in another order give the same key", () => {
  fc.assert(
    fc.property(identities, fc.nat(), (identity, seed) => {
      expect(deriveCacheKey("p", shuffle(identity, seed))).toBe(deriveCacheKey("p", identity));
    }),
  );
});

test("different identities and different providers give different keys", () => {
  fc.assert(
    fc.property(identities, identities, (left, right) => {
      fc.pre(formatCanonicalJson(left) !== formatCanonicalJson(right));
      expect(deriveCacheKey("p", left)).not.toBe(deriveCacheKey("p", right));
    }),
  );
  expect(deriveCacheKey("p", {})).not.toBe(deriveCacheKey("q", {}));
});

test("an absent member and an undefined one are the same, an empty text is not", () => {
  expect(deriveCacheKey("p", { account: undefined })).toBe(deriveCacheKey("p", {}));
  expect(deriveCacheKey("p", { account: "" })).not.toBe(deriveCacheKey("p", {}));
});

test("the key is the documented one", () => {
  // sha256 of {"format":1,"identity":{"issuer":"https://issuer.example"},"provider":"example"}
  expect(deriveCacheKey("example", { issuer: "https://issuer.example" })).toBe(
    "4c233d7d830c68ce0404fa944eb51f72786ce8c6aa263383e4cb0ac8e892b29a",
  );
});
