import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCatalogue } from "@kubepass/wire";
import { expect, test } from "vitest";
import { formatErrorsPage } from "./errors-page.ts";

test("docs/errors.md is what npm run docs:errors writes", () => {
  expect(readFileSync(join(import.meta.dirname, "..", "..", "docs", "errors.md"), "utf8")).toBe(formatErrorsPage());
});

test("every code stands on the page exactly once, below its exit code", () => {
  const page = formatErrorsPage();
  for (const code of Object.keys(errorCatalogue)) expect(page.split(`| \`${code}\` |`), code).toHaveLength(2);
});
