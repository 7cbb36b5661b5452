import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The version that a `go.mod` of peers/ requires of a module. */
function findPin(peer: string, module: string): string | undefined {
  const text = readFileSync(new URL(`../peers/${peer}/go.mod`, import.meta.url), "utf8");
  const line = text.split("\n").find((each) =>
    each
      .trim()
      .replace(/^require /, "")
      .startsWith(`${module} v`),
  );
  return /v\d\S*/.exec(line ?? "")?.[0];
}

// What is compared with client-go must be compared with the one that is in the kubectl of the same tests.
test.each([
  ["client-go-harness", "k8s.io/client-go"],
  ["client-go-harness", "k8s.io/apimachinery"],
  ["oracle", "k8s.io/apiserver"],
])("%s has the %s of the pinned kubectl", (peer, module) => {
  const kubectl = findPin("kubernetes", "k8s.io/kubernetes");
  expect(kubectl).toMatch(/^v1\.\d+\.\d+$/);
  expect(findPin(peer, module)).toBe(kubectl?.replace(/^v1/, "v0"));
});
