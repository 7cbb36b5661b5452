import { readFileSync } from "node:fs";
import { errorCatalogue } from "@kubepass/wire";
import { expect, test } from "vitest";
import { eksOptions } from "./options.ts";

const page = readFileSync(new URL("../../../docs/providers/eks.md", import.meta.url), "utf8");

/** The rows of a chapter's tables by the name in their first column. */
function readRows(chapter: string): ReadonlyMap<string, string> {
  const [, text = ""] = page.split(`\n## ${chapter}\n`);
  const rows = text.split("\n## ")[0]?.matchAll(/^\| `([\w-]+)` \|.*$/gm) ?? [];
  return new Map([...rows].map((row) => [row[1] ?? "", row[0]]));
}

test("docs/providers/eks.md has a row for each option, in order, and for nothing else", () => {
  expect([...readRows("Options").keys()]).toEqual(eksOptions.map((spec) => spec.name));
});

test.each(eksOptions)("the row of $name names its aliases, choices and default", (spec) => {
  const row = readRows("Options").get(spec.name) ?? "";
  for (const name of [...(spec.aliases ?? []), ...(spec.choices ?? [])]) expect(row).toContain(`\`${name}\``);
  expect(row).toContain(spec.defaultText ?? "");
  expect(row.toLowerCase()).toContain(spec.description.toLowerCase());
});

test("the failure table names codes that exist, with their exit status", () => {
  const rows = readRows("When it fails");
  expect(rows.size).toBeGreaterThan(10);
  for (const [code, row] of rows) {
    const meaning = Object.entries(errorCatalogue).find(([name]) => name === code)?.[1];
    expect(row).toContain(`| \`${code}\` | ${meaning?.exitCode} |`);
  }
});

// Read in `aws eks get-token help` of 2.36 and `aws-iam-authenticator token --help` of 0.7.18.
test.each([
  "--cluster-name",
  "--cluster-id",
  "--role-arn",
  "--session-name",
  "--region",
  "--profile",
  "--output",
  "--query",
  "--endpoint-url",
  "--ca-bundle",
  "--no-verify-ssl",
  "--role",
  "--external-id",
  "--forward-session-name",
  "--token-only",
  "--cache",
  "--config",
  "--log-format",
  "--log-verbosity",
  "--feature-gates",
])("the flag %s of other programs has its counterpart named", (flag) => {
  expect(page.split("\n## From other programs\n")[1]?.split("\n## ")[0]).toContain(`\`${flag}\``);
});
