import fc from "fast-check";
import { expect, test } from "vitest";
import { isCredentialError } from "./errors.ts";
import {
  execCredentialVersions,
  formatExecCredential,
  formatExecInfo,
  judgeExecCredential,
  parseExecCredential,
  parseExecInfo,
} from "./exec-credential.ts";
import { Secret } from "./secret.ts";

const v1 = "client.authentication.k8s.io/v1";
const v1beta1 = "client.authentication.k8s.io/v1beta1";

function failureOf(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
}

test("without exec info a person runs the plugin by hand, in v1", () => {
  expect(parseExecInfo(undefined)).toEqual({ apiVersion: v1 });
  expect(parseExecInfo("")).toEqual({ apiVersion: v1 });
});

test.each([v1, v1beta1])("%s is answered as it was asked", (apiVersion) => {
  const info = parseExecInfo(JSON.stringify({ kind: "ExecCredential", apiVersion, spec: { interactive: false }, future: 1 }));
  expect(info).toEqual({ apiVersion, interactive: false, cluster: undefined });
  expect(JSON.parse(formatExecCredential({ token: new Secret("t") }, info.apiVersion, undefined))).toEqual({
    apiVersion,
    kind: "ExecCredential",
    spec: { interactive: false },
    status: { token: "t" },
  });
});

test("cluster info reaches the provider with its extension", () => {
  const cluster = {
    server: "https://cluster.example:6443",
    "tls-server-name": "api",
    "insecure-skip-tls-verify": true,
    "certificate-authority-data": Buffer.from("pem").toString("base64"),
    "proxy-url": "http://proxy.example",
    config: { audience: "cluster-a" },
  };
  expect(parseExecInfo(JSON.stringify({ kind: "ExecCredential", apiVersion: v1, spec: { cluster, interactive: true } })).cluster).toEqual({
    server: "https://cluster.example:6443",
    tlsServerName: "api",
    insecureSkipTlsVerify: true,
    certificateAuthorityPem: "pem",
    proxyUrl: "http://proxy.example",
    config: { audience: "cluster-a" },
  });
});

test.each([
  ["text that is no JSON", "{"],
  ["a list", "[]"],
  ["null", "null"],
  ["another kind", JSON.stringify({ kind: "Pod", apiVersion: v1 })],
  ["an old version", JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1alpha1" })],
  ["a version to come", JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v2" })],
  ["no version", JSON.stringify({ kind: "ExecCredential" })],
  ["a spec that is a text", JSON.stringify({ kind: "ExecCredential", apiVersion: v1, spec: "x" })],
  ["a text for interactive", JSON.stringify({ kind: "ExecCredential", apiVersion: v1, spec: { interactive: "false" } })],
  ["a list for cluster", JSON.stringify({ kind: "ExecCredential", apiVersion: v1, spec: { cluster: [] } })],
  ["a number for server", JSON.stringify({ kind: "ExecCredential", apiVersion: v1, spec: { cluster: { server: 1 } } })],
])("exec info with %s is refused with exit code 2", (_what, text) => {
  expect(() => parseExecInfo(text)).toThrow(expect.objectContaining({ code: "EXEC_INFO_INVALID", exitCode: 2 }));
});

test("a credential comes back as it was printed, to the second", () => {
  const expiresAt = new Date("2030-01-02T03:04:05.999Z");
  const clientCertificate = { certificatePem: "certificate", privateKeyPem: new Secret("key") };
  for (const version of execCredentialVersions) {
    const line = formatExecCredential({ token: new Secret("t"), clientCertificate }, version, expiresAt);
    expect(line).not.toContain("\n");
    const read = parseExecCredential(line, version);
    expect(read.token?.reveal()).toBe("t");
    expect(read.clientCertificate?.privateKeyPem.reveal()).toBe("key");
    expect(read.expiresAt).toEqual(new Date("2030-01-02T03:04:05Z"));
  }
});

test("a credential of nothing is not printed", () => {
  expect(() => formatExecCredential({}, v1, undefined)).toThrow(expect.objectContaining({ code: "CREDENTIAL_INVALID" }));
});

test.each([
  ["two documents", '{"kind":"ExecCredential"} {}'],
  ["another version", JSON.stringify({ kind: "ExecCredential", apiVersion: v1beta1, status: { token: "t" } })],
  ["another kind", JSON.stringify({ kind: "Token", apiVersion: v1, status: { token: "t" } })],
  ["no status", JSON.stringify({ kind: "ExecCredential", apiVersion: v1 })],
  ["an empty status", JSON.stringify({ kind: "ExecCredential", apiVersion: v1, status: { token: "" } })],
  ["a certificate without its key", JSON.stringify({ kind: "ExecCredential", apiVersion: v1, status: { clientCertificateData: "c" } })],
  ["a key without its certificate", JSON.stringify({ kind: "ExecCredential", apiVersion: v1, status: { token: "t", clientKeyData: "k" } })],
  [
    "an end that is no instant",
    JSON.stringify({ kind: "ExecCredential", apiVersion: v1, status: { token: "t", expirationTimestamp: "soon" } }),
  ],
  ["a number for a token", JSON.stringify({ kind: "ExecCredential", apiVersion: v1, status: { token: 1 } })],
])("a plugin's answer with %s is refused", (_what, text) => {
  expect(() => parseExecCredential(text, v1)).toThrow(expect.objectContaining({ code: "CREDENTIAL_INVALID" }));
});

test("random text gives nothing but the parsers' own errors", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.jsonValue().map((spec) => JSON.stringify({ kind: "ExecCredential", apiVersion: v1, spec, status: spec })),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const failures = [failureOf(() => parseExecInfo(text)), failureOf(() => parseExecCredential(text, v1))];
      expect(failures.every((failure) => failure === undefined || isCredentialError(failure))).toBe(true);
    }),
  );
});

test("exec info reads back as it was written", () => {
  const cluster = {
    server: "https://c",
    tlsServerName: "api",
    insecureSkipTlsVerify: true,
    certificateAuthorityPem: "pem",
    proxyUrl: "http://p",
    disableCompression: true,
    config: { audience: "a" },
  };
  const info = { apiVersion: v1, interactive: true, cluster } as const;
  expect(parseExecInfo(formatExecInfo(info))).toEqual(info);
});

test("exec info without a cluster is what client-go writes", () => {
  expect(formatExecInfo({ apiVersion: v1 })).toBe(`{"kind":"ExecCredential","apiVersion":"${v1}","spec":{"interactive":false}}`);
});

test("an answer without a kind is an ExecCredential, one without a version is not", () => {
  expect(judgeExecCredential({ apiVersion: v1, status: { token: "t" } }, v1).token?.reveal()).toBe("t");
  expect(failureOf(() => judgeExecCredential({ kind: "ExecCredential", status: { token: "t" } }, v1))).toMatchObject({
    code: "CREDENTIAL_INVALID",
  });
});
