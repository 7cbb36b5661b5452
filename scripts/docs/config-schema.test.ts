import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../packages/cli/src/options/parse-config.ts";
import { createConfigSchema, formatConfigSchema } from "./config-schema.ts";

const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(createConfigSchema());

test("docs/config.schema.json is what npm run docs:schema writes", () => {
  expect(readFileSync(join(import.meta.dirname, "..", "..", "docs", "config.schema.json"), "utf8")).toBe(formatConfigSchema());
});

const good = [
  { interaction: "print", "session-store": "file", oidc: { "issuer-url": "https://issuer.example", "client-id": "kubernetes" } },
  { oidc: { "extra-scope": ["email", "groups"], "sign-in-timeout": "3m", "auth-request-extra-params": { domain_hint: "example.com" } } },
  { verbosity: "1", "non-interactive": true, oidc: {} },
  {},
];

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "config.md"), "utf8");
const shown = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? "";

test("the file that docs/config.md shows is one, by the schema and by the program", () => {
  expect(validate(parse(shown)), JSON.stringify(validate.errors)).toBe(true);
  const { problems, byProvider } = parseConfig(shown, "config.yaml");
  expect([problems, byProvider.get("oidc")?.["client-id"]]).toEqual([[], "kubernetes"]);
});

const bad = [
  { interactoin: "print" },
  { oidc: { "client-secret": "hunter2" } },
  { oidc: { "isuer-url": "https://issuer.example" } },
  { config: "other.yaml" },
  { gke: {} },
];

// JSON is YAML.
describe("schema and program agree", () => {
  test.each(good)("that this is a config file: %j", (document) => {
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(parseConfig(JSON.stringify(document), "config.yaml").problems).toEqual([]);
  });

  test.each(bad)("that this is none: %j", (document) => {
    expect(validate(document)).toBe(false);
    expect(parseConfig(JSON.stringify(document), "config.yaml").problems).toHaveLength(1);
  });
});
