import { readFileSync } from "node:fs";
import { errorCatalogue } from "@kubepass/wire";
import { expect, test } from "vitest";
import { oidcOptions } from "./options.ts";

const page = readFileSync(new URL("../../../docs/providers/oidc.md", import.meta.url), "utf8");

/** The rows of a chapter's tables by the name in their first column. */
function readRows(chapter: string): ReadonlyMap<string, string> {
  const [, text = ""] = page.split(`\n## ${chapter}\n`);
  const rows = text.split("\n## ")[0]?.matchAll(/^\| `([\w-]+)` \|.*$/gm) ?? [];
  return new Map([...rows].map((row) => [row[1] ?? "", row[0]]));
}

test("docs/providers/oidc.md has a row for each option, in order, and for nothing else", () => {
  expect([...readRows("Options").keys()]).toEqual(oidcOptions.map((spec) => spec.name));
});

test.each(oidcOptions)("the row of $name names its aliases, choices and default", (spec) => {
  const row = readRows("Options").get(spec.name) ?? "";
  for (const name of [...(spec.aliases ?? []), ...(spec.choices ?? [])]) expect(row).toContain(`\`${name}\``);
  expect(row).toContain(spec.defaultText ?? "");
  expect(row.toLowerCase()).toContain(spec.description.toLowerCase());
});

test("the failure table names codes that exist, with their exit status", () => {
  const rows = readRows("When it fails");
  expect(rows.size).toBeGreaterThan(15);
  for (const [code, row] of rows) {
    const meaning = Object.entries(errorCatalogue).find(([name]) => name === code)?.[1];
    expect(row).toContain(`| \`${code}\` | ${meaning?.exitCode} |`);
  }
});

test("what a cluster may set is named", () => {
  for (const spec of oidcOptions.filter((each) => each.isAllowedFromCluster)) {
    expect(page.split("\n### Signing in\n")[0]?.split("\nOptions that a kubeconfig may set")[1]).toContain(`\`${spec.name}\``);
  }
});
