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

/** The table that says what another program's flags are here. */
function readCounterparts(program: string): string {
  return page.split(`\n| \`${program}\` | Here |\n`)[1]?.split("\n\n")[0] ?? "";
}

// Its own, and those of every command, as the AWS CLI's reference lists them: version 2.36 and, where it has more, 1.45.
test.each(
  [
    ["--cluster-name", "--cluster-id", "--role-arn", "--session-name"],
    ["--debug", "--endpoint-url", "--no-verify-ssl", "--no-paginate", "--output", "--query", "--profile", "--region", "--version"],
    ["--color", "--no-sign-request", "--ca-bundle", "--cli-read-timeout", "--cli-connect-timeout", "--cli-binary-format"],
    ["--no-cli-pager", "--cli-auto-prompt", "--no-cli-auto-prompt", "--cli-error-format", "--v2-debug"],
  ].flat(),
)("the flag %s of `aws eks get-token` has its counterpart named", (flag) => {
  expect(readCounterparts("aws eks get-token")).toContain(`\`${flag}\``);
});

// Those of version 0.7.18; the system test asks the program itself.
test.each(
  [
    ["--cluster-id", "-i", "--role", "-r", "--external-id", "-e", "--session-name", "-s", "--forward-session-name", "--region"],
    ["--token-only", "--cache", "--config", "-c", "--log-format", "-l", "--log-verbosity", "-v", "--feature-gates", "--help"],
  ].flat(),
)("the flag %s of `aws-iam-authenticator token` has its counterpart named", (flag) => {
  expect(readCounterparts("aws-iam-authenticator token")).toContain(`\`${flag}\``);
});
