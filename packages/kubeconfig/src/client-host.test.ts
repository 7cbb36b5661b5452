import { expect, test } from "vitest";
import { judgeHttp2 } from "./client-host.ts";

test.each([
  [undefined, true],
  ["1.4.5", true],
  ["1.4.10", true],
  ["1.5.0", true],
  ["2.0.0", true],
  ["1.4.5-canary.1", true],
  ["1.4.4", false],
  ["1.3.9", false],
  ["0.9.9", false],
  ["", false],
])("Bun %s may speak HTTP/2: %s", (bun, isGood) => {
  expect(judgeHttp2({ bun })).toBe(isGood);
});
