import { execFileSync } from "node:child_process";
import { isCredentialError, Secret } from "@kubepass/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resolveInClusterConfig } from "./in-cluster.ts";
import { loadConfig } from "./load-config.ts";
import { type Overrides, parseNamespaceFlag } from "./overrides.ts";
import { parseKubeconfig } from "./parse-kubeconfig.ts";
import { parseTimeout } from "./parse-timeout.ts";
import { resolveConfig } from "./resolve-config.ts";
import type { ResolvedConfig } from "./resolved-config.ts";
import { createTemporaryFolder, type TemporaryFolder } from "./test-support/temporary-folder.ts";

const base = `
clusters:
- name: k
  cluster: {server: "https://k.example", certificate-authority-data: QQ==, tls-server-name: name}
- name: plain
  cluster: {server: "http://plain.example", certificate-authority-data: QQ==}
users:
- name: u
  user: {token: t, client-certificate-data: QQ==, client-key-data: Qg==, as: jane, as-groups: [dev]}
contexts:
- {name: c, context: {cluster: k, user: u, namespace: team}}
- {name: plain, context: {cluster: plain, user: u}}
- {name: nobody, context: {cluster: k, user: gone}}
- {name: nowhere, context: {cluster: gone, user: u}}
current-context: c
`;

function resolve(overrides: Overrides = {}, text = base): ResolvedConfig {
  return resolveConfig(parseKubeconfig(text), { overrides });
}

function refusal(action: () => unknown): string {
  try {
    action();
    return "accepted";
  } catch (error) {
    if (isCredentialError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe("one context", () => {
  test("is followed to its cluster and user", () => {
    const { cluster, user, namespace } = resolve();
    expect(cluster).toMatchObject({ name: "k", server: "https://k.example", tlsServerName: "name", certificateAuthority: { pem: "A" } });
    expect([user.token?.reveal(), user.clientCertificate?.pem, user.clientKey?.pem?.reveal()]).toEqual(["t", "A", "B"]);
    expect(user.impersonation).toMatchObject({ user: "jane", groups: ["dev"] });
    expect(namespace).toBe("team");
    expect(JSON.stringify(user)).not.toContain('"t"');
  });

  test("with an http server gets no credentials and no authority, but acts as somebody", () => {
    const { cluster, user } = resolve({ context: "plain" });
    expect([user.token, user.clientCertificate, user.clientKey, cluster.certificateAuthority]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(user.impersonation?.user).toBe("jane");
  });

  test("with a missing user is anonymous, and with a missing cluster is no configuration", () => {
    expect(resolve({ context: "nobody" }).user).toMatchObject({ name: "gone", token: undefined });
    expect(refusal(() => resolve({ context: "nowhere" }))).toMatch(
      /^KUBECONFIG_EMPTY: invalid configuration: no configuration has been provided/,
    );
  });

  test("must exist when it is named from outside", () => {
    expect(refusal(() => resolve({ context: "x" }))).toBe('KUBECONFIG_UNUSABLE: context "x" does not exist');
    expect(refusal(() => resolve({ user: "x" }))).toBe('KUBECONFIG_UNUSABLE: auth info "x" does not exist');
    expect(refusal(() => resolve({ cluster: "x" }))).toBe('KUBECONFIG_UNUSABLE: cluster "x" does not exist');
  });

  test("is told with all its problems together", () => {
    const text = `
clusters: [{name: k, cluster: {server: "https://k", proxy-url: "ftp://x"}}]
users: [{name: u, user: {token: s3cret, username: x, client-certificate-data: QQ==, exec: {}, auth-provider: {name: oidc}, as-uid: "1"}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
current-context: c`;
    const told = refusal(() => resolve({}, text));
    for (const part of [
      "client-key-data or client-key must be specified for u",
      "authProvider cannot be provided in combination with an exec plugin for u",
      "command must be specified for u",
      "apiVersion must be specified for u",
      "interactiveMode must be specified for u",
      "more than one authentication method found for u; found [token basicAuth], only one is allowed",
      "requesting uid, groups or user-extra for u without impersonating a user",
      'unsupported scheme "ftp", must be http, https, or socks5',
    ])
      expect(told).toContain(part);
    expect(told).not.toContain("s3cret");
  });
});

describe("overrides", () => {
  test("of the server forget the kubeconfig's server name", () => {
    expect(resolve({ server: "https://other" }).cluster).toMatchObject({ server: "https://other", tlsServerName: "" });
    expect(resolve({ server: "https://other", tlsServerName: "n" }).cluster.tlsServerName).toBe("n");
  });

  test("of the trust replace all of it", () => {
    expect(resolve({ insecureSkipTlsVerify: true }).cluster).toMatchObject({
      insecureSkipTlsVerify: true,
      certificateAuthority: undefined,
    });
  });

  test("of credentials win", () => {
    expect(resolve({ token: new Secret("mine") }).user.token?.reveal()).toBe("mine");
    expect(refusal(() => resolve({ clientKey: "/nowhere" }))).toContain(
      "unable to read client-key /nowhere for u due to open /nowhere: no such file or directory",
    );
  });

  test.each([
    ["ns/x", "x"],
    ["NameSpaces/x", "x"],
    ["ns/", "ns/"],
    ["x", "x"],
  ])("of the namespace read %s as %s", (text, namespace) => {
    expect(parseNamespaceFlag(text)).toBe(namespace);
  });

  test.each([
    ["5", 5000],
    ["1m30s", 90_000],
    ["1.5h", 5_400_000],
    ["500ms", 500],
    ["-5s", -5000],
  ])("of the time-out read %s as %i ms", (text, durationMs) => {
    expect(parseTimeout(text)).toBeCloseTo(durationMs, 6);
  });

  test.each(["abc", "5 s", "-5", "1d", ""])("of the time-out refuse %j", (text) => {
    expect(refusal(() => parseTimeout(text))).toMatch(/^CONFIG_INVALID: Invalid timeout value\./);
  });
});

describe("in a pod", () => {
  let folder: TemporaryFolder;
  beforeEach(() => void (folder = createTemporaryFolder()));
  afterEach(() => folder.remove());
  const variables = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443", HOME: "/nowhere" };
  const load = (more: Record<string, string> = {}, overrides: Overrides = {}, warnings: string[] = []): ResolvedConfig =>
    loadConfig(
      { variables: { ...variables, ...more }, platform: "linux" },
      { podAccountFolder: folder.path, overrides, warn: (message) => void warnings.push(message) },
    );

  test("without a kubeconfig the service account is used, and read again when it changes", () => {
    const tokenFile = folder.write("token", "pod-token");
    folder.write("namespace", "team\n");
    const warnings: string[] = [];
    const config = load({}, {}, warnings);
    expect(config).toMatchObject({
      source: "in-cluster",
      namespace: "team",
      cluster: { server: "https://[fd00::1]:443" },
      user: { tokenFile },
    });
    expect(config.user.token?.reveal()).toBe("pod-token");
    expect(warnings).toEqual([expect.stringContaining("ca.crt holds no certificate authority")]);
  });

  test("its own authority is trusted when it is one", () => {
    folder.write("token", "t");
    const pem = execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=ca"],
      {
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    const file = folder.write("ca.crt", pem);
    expect(load().cluster.certificateAuthority).toEqual({ file });
  });

  test("only server, token and authority can be overridden", () => {
    folder.write("token", "t");
    const overrides = { server: "https://other", token: new Secret("mine"), username: "ignored", certificateAuthority: "/ca" };
    const config = resolveInClusterConfig(
      { variables: { ...variables, POD_NAMESPACE: "pod" }, platform: "linux" },
      { folder: folder.path, overrides },
    );
    expect(config).toMatchObject({
      namespace: "pod",
      cluster: { server: "https://other", certificateAuthority: { file: "/ca" } },
      user: { username: "" },
    });
    expect([config.user.token?.reveal(), config.user.tokenFile]).toEqual(["mine", undefined]);
  });

  test("a kubeconfig goes before the service account, with the pod's namespace where it names none", () => {
    folder.write("token", "t");
    folder.write("namespace", "pod");
    const path = folder.write("config", base.replace(", namespace: team", ""));
    expect(load({ KUBECONFIG: path })).toMatchObject({ source: "kubeconfig", namespace: "pod" });
  });

  test("a context that leads to nothing still names the namespace, even if that is the usual one", () => {
    folder.write("token", "t");
    folder.write("namespace", "pod");
    const write = (more: string): string =>
      folder.write("config", `current-context: c\ncontexts: [{name: c, context: {cluster: nowhere, user: nobody${more}}}]\n`);
    const loadBare = (path: string): ResolvedConfig =>
      loadConfig(
        { variables: { ...variables, KUBECONFIG: path }, platform: "linux" },
        { podAccountFolder: folder.path, defaultServer: "http://localhost:8080" },
      );
    expect(loadBare(write(", namespace: default"))).toMatchObject({ source: "in-cluster", namespace: "default" });
    expect(loadBare(write(""))).toMatchObject({ source: "in-cluster", namespace: "pod" });
  });

  test("without a token this is no pod", () => {
    expect(refusal(() => load())).toMatch(/^KUBECONFIG_EMPTY: /);
  });
});
