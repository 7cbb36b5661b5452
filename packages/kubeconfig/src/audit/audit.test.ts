import { readFileSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseKubeconfig } from "../parse-kubeconfig.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../test-support/temporary-folder.ts";
import { auditKubeconfig } from "./audit-kubeconfig.ts";
import { writeAllowlist } from "./write-allowlist.ts";

const plugin = "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never";

function codes(text: string, level: "risk" | "note"): readonly string[] {
  const findings = auditKubeconfig(parseKubeconfig(text));
  return [...new Set(findings.filter((finding) => finding.level === level).map((finding) => finding.code))];
}

function user(content: string): string {
  return `users: [{name: u, user: {${content}}}]`;
}

describe("a risk", () => {
  test.each<[string, string, readonly string[]]>([
    ["a shell", user(`exec: {command: /bin/sh, ${plugin}}`), ["PLUGIN_SHELL"]],
    ["an interpreter with a version", user(`exec: {command: python3.12, ${plugin}}`), ["PLUGIN_SHELL"]],
    ["a program where everybody writes", user(`exec: {command: /tmp/plugin, ${plugin}}`), ["PLUGIN_SHARED_FOLDER"]],
    [
      "a variable that changes what is loaded",
      user(`exec: {command: /x/p, env: [{name: LD_PRELOAD, value: x}], ${plugin}}`),
      ["PLUGIN_ENVIRONMENT"],
    ],
    ["a hint that steers the terminal", user(`exec: {command: /x/p, installHint: "\\e[2J", ${plugin}}`), ["HINT_UNPRINTABLE"]],
    ["a name that steers the terminal", 'users: [{name: "a\\e[2Jb", user: {}}]', ["NAME_UNPRINTABLE"]],
    ["a command of an auth-provider", user("auth-provider: {name: gcp, config: {cmd-path: /bin/x}}"), ["AUTH_PROVIDER_COMMAND"]],
    ["a stored token", user("token: s3cret"), ["SECRET_IN_FILE"]],
    ["a stored refresh token", user("auth-provider: {name: oidc, config: {refresh-token: s3cret}}"), ["SECRET_IN_FILE"]],
    ["a foreign secret that would be sent", user("tokenFile: /home/a/.ssh/id_ed25519"), ["SENDS_FOREIGN_SECRET"]],
    ["a server without TLS", "clusters: [{name: k, cluster: {server: 'http://k.example'}}]", ["SERVER_WITHOUT_TLS"]],
    [
      "an unverified server",
      "clusters: [{name: k, cluster: {server: 'https://k', insecure-skip-tls-verify: true}}]",
      ["SERVER_UNVERIFIED"],
    ],
    ["a password of a proxy", "clusters: [{name: k, cluster: {server: 'https://k', proxy-url: 'http://u:s3cret@p'}}]", ["PROXY_PASSWORD"]],
  ])("is %s", (_name, text, wanted) => {
    expect(codes(text, "risk")).toEqual(wanted);
    expect(JSON.stringify(auditKubeconfig(parseKubeconfig(text)))).not.toMatch(/s3cret|\u001b/);
  });

  test.each([
    user(`exec: {command: /usr/bin/kubepass, args: [get-token, oidc], ${plugin}}`),
    "clusters: [{name: k, cluster: {server: 'https://k', certificate-authority-data: QQ==}}]",
    "clusters: [{name: k, cluster: {server: 'http://127.0.0.1:8001'}}]",
    "clusters: [{name: k, cluster: {server: 'http://localhost:8001'}}]",
  ])("is not %s", (text) => {
    expect(codes(text, "risk")).toEqual([]);
  });
});

describe("a note", () => {
  test.each<[string, readonly string[]]>([
    [user(`exec: {command: plugin, ${plugin}}`), ["RUNS", "PLUGIN_FROM_PATH"]],
    [user("tokenFile: /t, client-certificate: /c, client-key: /k"), ["READS", "SENDS"]],
    [user("as: admin"), ["IMPERSONATES"]],
    ["contexts: [{name: c, context: {cluster: k, user: u}}]", ["REFERENCE_MISSING"]],
    [
      "clusters: [{name: k, cluster: {server: 'https://k', tls-server-name: name, proxy-url: 'http://p'}}]",
      ["TRUSTS", "SERVER_NAME_CHANGED", "PROXY"],
    ],
  ])("tells of %s", (text, wanted) => {
    expect(codes(text, "note")).toEqual(wanted);
  });
});

describe("kubectl's allowlist", () => {
  let folder: TemporaryFolder;
  beforeEach(() => void (folder = createTemporaryFolder()));
  afterEach(() => folder.remove());

  test("is begun, private", async () => {
    const path = `${folder.path}/.kube/kuberc`;
    expect(await writeAllowlist(path, ["/usr/bin/kubepass"])).toEqual(["/usr/bin/kubepass"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8")).toBe(
      "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ncredentialPluginPolicy: Allowlist\n" +
        "credentialPluginAllowlist:\n  - command: /usr/bin/kubepass\n",
    );
  });

  test("grows, and what else the file says stays", async () => {
    const path = folder.write(
      "kuberc",
      "# mine\nkind: Preference\napiVersion: kubectl.config.k8s.io/v1beta1\ncredentialPluginAllowlist: [{name: old}]\naliases: []\n",
    );
    expect(await writeAllowlist(path, ["/new"])).toEqual(["/new", "old"]);
    expect(readFileSync(path, "utf8")).toMatch(/^# mine\nkind: Preference\n[\s\S]*aliases: \[\]\n/);
  });

  test("is not written over something else", async () => {
    const path = folder.write("kuberc", "kind: Config\n");
    await expect(writeAllowlist(path, ["/new"])).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(readFileSync(path, "utf8")).toBe("kind: Config\n");
  });
});
