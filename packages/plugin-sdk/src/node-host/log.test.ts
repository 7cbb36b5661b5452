import { Secret } from "@kubepass/wire";
import { expect, test } from "vitest";
import { createLog, type Verbosity } from "./log.ts";

function logAll(verbosity: Verbosity, format: "text" | "json" = "text"): string {
  const lines: string[] = [];
  const log = createLog({ name: "kubepass", verbosity, format, write: (line) => lines.push(line) });
  log.warn("warned", { reason: "no\u001b[31m colour\nhere", missing: undefined });
  log.info("decided", { endsAt: new Date(0), secret: new Secret("hidden"), deep: { secret: new Secret("hidden") } });
  log.debug("asked", { status: 200 });
  return lines.join("");
}

test("each level is shown from its verbosity on", () => {
  expect(logAll(0)).toBe("kubepass: warning: warned (reason: no[31m colour here)\n");
  expect(logAll(1)).toContain(
    'kubepass: info: decided (endsAt: 1970-01-01T00:00:00.000Z, secret: "[secret]", deep: {"secret":"[secret]"})\n',
  );
  expect(logAll(2)).toContain("kubepass: debug: asked (status: 200)\n");
});

test("a secret is shown at no level and in no format", () => {
  expect(logAll(2) + logAll(2, "json")).not.toContain("hidden");
});

test("for programs each message is one object a line", () => {
  const lines = logAll(2, "json").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(["warning", "info", "debug"]);
});
