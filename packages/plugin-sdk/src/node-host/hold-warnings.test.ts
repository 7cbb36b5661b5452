import { CredentialError, Secret } from "@kubepass/wire";
import { expect, test } from "vitest";
import { formatErrorJson } from "../describe-error.ts";
import { holdWarnings } from "./hold-warnings.ts";
import { createLog } from "./log.ts";

const hostile = "no\u001b[2J\u202e";

test("warnings become part of the error, as harmless as in the log", () => {
  const lines: string[] = [];
  const log = holdWarnings(createLog({ name: "kubepass", verbosity: 1, format: "json", write: (line) => lines.push(line) }));
  log.warn("warned", { reason: hostile, secret: new Secret("hidden"), missing: undefined });
  log.warn(`${hostile} again`);
  log.info("decided");
  expect(lines).toHaveLength(1);
  const line = formatErrorJson(new CredentialError("LOGIN_REQUIRED", "sign-in needed"), log.warnings);
  expect(JSON.parse(line).warnings).toEqual([
    { message: "warned", fields: { reason: "no[2J", secret: '"[secret]"' } },
    { message: `${hostile} again`, fields: {} },
  ]);
  expect(line.trimEnd()).not.toMatch(/[\u0000-\u001f\u202e]|hidden/);
});

test("without an error they are written in the end, once", () => {
  const lines: string[] = [];
  const log = holdWarnings(createLog({ name: "kubepass", verbosity: 0, format: "text", write: (line) => lines.push(line) }));
  log.warn("warned", { reason: "so" });
  expect(lines).toEqual([]);
  log.release();
  log.release();
  expect(lines).toEqual(["kubepass: warning: warned (reason: so)\n"]);
  expect(log.warnings).toEqual([]);
});
