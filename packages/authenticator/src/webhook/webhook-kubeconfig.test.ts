import fc from "fast-check";
import { isCredentialError } from "@kubepass/wire";
import { expect, test } from "vitest";
import { parseWebhookKubeconfig } from "./webhook-kubeconfig.ts";

const cluster = { server: "https://webhook.example/authenticate", "certificate-authority": "ca.crt" };
const user = { "client-certificate-data": Buffer.from("pem").toString("base64"), "client-key": "client.key" };

function file(change: object = {}): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
    contexts: [
      { name: "other", context: { cluster: "nowhere" } },
      { name: "w", context: { cluster: "c", user: "u" } },
    ],
    "current-context": "w",
    ...change,
  });
}

test("the current context says where, and how to sign in there", () => {
  expect(parseWebhookKubeconfig(file(), "w.yaml")).toEqual({
    url: "https://webhook.example/authenticate",
    certificateAuthority: { file: "ca.crt" },
    clientCertificate: { text: "pem" },
    clientKey: { file: "client.key" },
    token: undefined,
    tokenFile: undefined,
  });
  const withToken = parseWebhookKubeconfig(file({ users: [{ name: "u", user: { token: "t", tokenFile: "f" } }] }), "w.yaml");
  expect({ token: withToken.token?.reveal(), file: withToken.tokenFile }).toEqual({ token: "t", file: "f" });
  expect(parseWebhookKubeconfig(file({ contexts: [{ name: "w", context: { cluster: "c" } }] }), "w.yaml").clientKey).toBeUndefined();
});

test.each([
  ["no YAML", "{", "is not valid YAML"],
  ["a key twice", "current-context: a\ncurrent-context: b\n", "is not valid YAML"],
  ["aliases", "a: &x [1]\nb: *x\n", "uses aliases"],
  ["a list", "[]", "is no kubeconfig"],
  ["nothing", "", "is no kubeconfig"],
  ["no current context", file({ "current-context": "" }), "has no context of the name"],
  ["a context that is not there", file({ "current-context": "x" }), "has no context of the name"],
  ["a cluster that is not there", file({ clusters: [] }), "has no cluster of the name"],
  ["a user that is not there", file({ users: null }), "has no user of the name"],
  ["plain http", file({ clusters: [{ name: "c", cluster: { server: "http://w.example" } }] }), "not an https URL"],
  ["no server", file({ clusters: [{ name: "c", cluster: {} }] }), "not an https URL"],
  [
    "unchecked certificates",
    file({ clusters: [{ name: "c", cluster: { ...cluster, "insecure-skip-tls-verify": true } }] }),
    "insecure-skip",
  ],
  ["a proxy", file({ clusters: [{ name: "c", cluster: { ...cluster, "proxy-url": "http://p" } }] }), "sets proxy-url"],
  ["a plugin", file({ users: [{ name: "u", user: { exec: { command: "x" } } }] }), "sets exec"],
  ["impersonation", file({ users: [{ name: "u", user: { as: "root" } }] }), "sets as,"],
  ["a certificate without a key", file({ users: [{ name: "u", user: { "client-certificate": "x" } }] }), "without the other"],
  ["a token that is a number", file({ users: [{ name: "u", user: { token: 123456 } }] }), "has a token that is not a string"],
])("a file is refused for %s", (_, text, reason) => {
  expect(() => parseWebhookKubeconfig(text, "w.yaml")).toThrow(reason);
});

function failureOf(text: string): unknown {
  try {
    parseWebhookKubeconfig(text, "w.yaml");
  } catch (error) {
    return error;
  }
  return undefined;
}

test("on any text it throws nothing but its own error", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
      const failure = failureOf(text);
      expect(failure === undefined || isCredentialError(failure, "CONFIG_INVALID")).toBe(true);
    }),
  );
});
