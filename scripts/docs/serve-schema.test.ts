import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createServeSchema, parseServeConfig } from "@kubepass/authenticator/serve";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { formatServeSchema } from "./serve-schema.ts";

const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(createServeSchema());

test("docs/serve.schema.json is what npm run docs:schema writes", () => {
  expect(readFileSync(join(import.meta.dirname, "..", "..", "docs", "serve.schema.json"), "utf8")).toBe(formatServeSchema());
});

const head = { apiVersion: "kubepass.dev/v1", kind: "ServeConfiguration" };
const listen = { certificateFile: "server.crt", privateKeyFile: "server.key" };
const tokenFile = { tokenFile: { path: "tokens.csv" } };
const least = { ...head, listen, verifiers: [tokenFile] };

const good = [
  least,
  { ...least, verifiers: [tokenFile, { webhook: { kubeconfigFile: "webhook.yaml", version: "v1beta1", tokenPrefix: "k8s-aws-v1." } }] },
  { ...least, listen: { ...listen, address: "[::]:8443", callers: { clientAuthorityFile: "ca.crt", clientNames: ["kube-apiserver"] } } },
  { ...least, verifiers: [{ jwt: { configFile: "authentication.yaml" } }, { jwt: { config: {}, insecureKeysOverHttp: true } }] },
  { ...least, identities: { allowSystemNames: ["system:masters"] }, limits: { reviewSeconds: 5 }, cache: { maxEntries: 0 } },
];

const bad = [
  {},
  { ...least, kind: "Config" },
  { ...least, apiVersion: "kubepass.dev/v2" },
  { ...least, listn: {} },
  { ...least, listen: {} },
  { ...least, listen: { ...listen, certificateFile: "" } },
  { ...least, listen: { ...listen, callers: ["anybody"] } },
  { ...least, listen: { ...listen, insecureAllowAnyCaller: "true" } },
  { ...least, verifiers: [] },
  { ...least, verifiers: tokenFile },
  { ...least, verifiers: [{}] },
  { ...least, verifiers: [{ ...tokenFile, webhook: { kubeconfigFile: "w" } }] },
  { ...least, verifiers: [{ oidc: {} }] },
  { ...least, verifiers: [{ jwt: {} }] },
  { ...least, verifiers: [{ jwt: { configFile: "authentication.yaml", config: {} } }] },
  { ...least, verifiers: [{ tokenFile: { path: "t", reload: true } }] },
  { ...least, limits: { maxBodyBytes: -1 } },
  { ...least, limits: { reviewSeconds: 31 } },
  { ...least, cache: { successSeconds: 1.5 } },
  { ...least, identities: { allowSystemNames: "system:masters" } },
  { ...least, decisionLog: "loud" },
];

// JSON is YAML.
describe("schema and program agree", () => {
  test.each(good)("that this is a configuration: %j", (document) => {
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(() => parseServeConfig(JSON.stringify(document), "serve.yaml")).not.toThrow();
  });

  test.each(bad)("that this is none: %j", (document) => {
    expect(validate(document)).toBe(false);
    expect(() => parseServeConfig(JSON.stringify(document), "serve.yaml")).toThrow(/^serve.yaml is refused: /);
  });
});
