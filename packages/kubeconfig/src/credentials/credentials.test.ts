import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Secret } from "@kubepass/wire";
import type { ResolvedUser } from "../resolved-config.ts";
import { createConfig, createExec, createFolder, createTestClientHost } from "../test-support/client-scene.ts";
import { refuseAuthProvider } from "./auth-providers.ts";
import { escapeExtraKey } from "./impersonation-headers.ts";
import { selectCredentials } from "./select-credentials.ts";
import { TokenFile } from "./token-file.ts";

const exec = createExec("plugin");
const token = new Secret("t");
const certificate = { clientCertificate: { pem: "c" }, clientKey: { pem: new Secret("k") } };
const authProvider = { name: "oidc", config: new Map<string, Secret>() };

test.each<[string, Partial<ResolvedUser>, string, boolean]>([
  ["nothing", {}, "none", false],
  ["a plugin", { exec }, "exec", false],
  ["a plugin and a token", { exec, token }, "token", false],
  ["a plugin and a token file", { exec, tokenFile: "/t" }, "token-file", false],
  ["a plugin and a user name", { exec, username: "bob" }, "basic", false],
  ["a plugin and a certificate", { exec, ...certificate }, "none", true],
  ["a token and a token file", { token, tokenFile: "/t" }, "token-file", false],
  ["an auth-provider and a token", { authProvider, token }, "token", false],
  ["an auth-provider and a certificate", { authProvider, ...certificate }, "auth-provider", true],
  ["a certificate and a token", { ...certificate, token }, "token", true],
  ["a key alone", { clientKey: { pem: new Secret("k") } }, "none", false],
])("of %s, client-go's choice is used", (_, user, kind, hasCertificate) => {
  const selected = selectCredentials(createConfig({}, user));
  expect(selected.authorization.kind).toBe(kind);
  expect(selected.clientCertificate !== undefined).toBe(hasCertificate);
});

test.each<[string, Partial<ResolvedUser>]>([
  ["a token and a user name", { token, username: "bob" }],
  ["a token file and a user name", { tokenFile: "/t", username: "bob" }],
  ["a plugin and an auth-provider", { exec, authProvider }],
  ["a certificate without its key", { clientCertificate: { pem: "c" } }],
  ["groups without a user", { impersonation: { user: "", uid: "", groups: ["g"], extra: new Map() } }],
])("%s contradict each other", (_, user) => {
  expect(() => selectCredentials(createConfig({}, user))).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

test.each([
  ["gcp", "kubepass kubeconfig convert, which makes it use gke-gcloud-auth-plugin"],
  ["azure", "kubepass kubeconfig convert, which makes it use the kubelogin of Azure"],
  ["openstack", "kubepass kubeconfig convert, which makes it use client-keystone-auth"],
  ["acme", "exec plugin"],
  ["toString", "exec plugin"],
])("the auth-provider %s is refused with a way out", (name, way) => {
  expect(refuseAuthProvider(name)).toMatchObject({ code: "AUTH_PROVIDER_UNSUPPORTED", hint: expect.stringContaining(way) });
});

test.each([
  ["a.b/c", "a.b%2fc"],
  ["%20", "%2520"],
  ["ü x", "%c3%bc%20x"],
  ["plain-KEY_1", "plain-KEY_1"],
])("the extra %s is escaped", (key, expected) => {
  expect(escapeExtraKey(key)).toBe(expected);
});

test("a token file is read again after 50 seconds, and its last token stays while it cannot be read", async () => {
  const path = join(createFolder(), "token");
  const host = createTestClientHost();
  writeFileSync(path, " one \n");
  const file = new TokenFile(path, undefined, host);
  const read = async (): Promise<string> => (await file.get()).reveal();
  expect(await read()).toBe("one");
  writeFileSync(path, "two");
  host.advance(49_999);
  expect(await read()).toBe("one");
  host.advance(1);
  expect(await read()).toBe("two");
  rmSync(path);
  host.advance(60_000);
  expect(await read()).toBe("two");
  expect(host.warnings).toHaveLength(1);
  writeFileSync(path, "three");
  expect(await read()).toBe("three");
});

test("a token file that was never there is an error, unless the kubeconfig has a token too", async () => {
  const host = createTestClientHost();
  const path = join(createFolder(), "none");
  await expect(new TokenFile(path, undefined, host).get()).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  expect((await new TokenFile(path, new Secret("inline"), host).get()).reveal()).toBe("inline");
  writeFileSync(path, "\n");
  await expect(new TokenFile(path, undefined, host).get()).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});
