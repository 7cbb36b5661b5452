import { readFileSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatKubeconfig } from "../format-kubeconfig.ts";
import { parseKubeconfig } from "../parse-kubeconfig.ts";
import { placeKubeconfig } from "../place-kubeconfig.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../test-support/temporary-folder.ts";
import { type AuditOptions, auditKubeconfig } from "./audit-kubeconfig.ts";
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
    ["a wrapper of a shell", user(`exec: {command: /usr/bin/timeout, args: ["9", sh, -c, x], ${plugin}}`), ["PLUGIN_SHELL"]],
    ["a program that fetches programs", user(`exec: {command: npx, args: [-y, evil], ${plugin}}`), ["PLUGIN_SHELL"]],
    ["a language", user(`exec: {command: awk, args: ["BEGIN{system(1)}"], ${plugin}}`), ["PLUGIN_SHELL"]],
    ["another name of node", user(`exec: {command: /usr/bin/nodejs, args: [-e, x], ${plugin}}`), ["PLUGIN_SHELL"]],
    ["the loader", user(`exec: {command: /lib64/ld-linux-x86-64.so.2, args: [/bin/x], ${plugin}}`), ["PLUGIN_SHELL"]],
    ["a shell behind a program", user(`exec: {command: /x/mine, args: ["5", /bin/bash, -c, x], ${plugin}}`), ["PLUGIN_SHELL"]],
    ["a shell in one text", user(`exec: {command: /x/mine, args: ["sh -c x"], ${plugin}}`), ["PLUGIN_SHELL"]],
    ["a shell on Windows", user(`exec: {command: 'C:\\Windows\\cmd.exe', ${plugin}}`), ["PLUGIN_SHELL"]],
    ["a shared folder behind two slashes", user(`exec: {command: //tmp/p, ${plugin}}`), ["PLUGIN_SHARED_FOLDER"]],
    ["a shared folder behind dots", user(`exec: {command: /home/../tmp/p, ${plugin}}`), ["PLUGIN_SHARED_FOLDER"]],
    ["a secret in an argument", user(`exec: {command: /x/p, args: [--client-secret=s3cret], ${plugin}}`), ["SECRET_IN_FILE"]],
    ["a secret in the next argument", user(`exec: {command: /x/p, args: [--api-key, s3cret], ${plugin}}`), ["SECRET_IN_FILE"]],
    ["a secret in a text", user(`exec: {command: /x/p, args: ["a=b&client_secret=s3cret"], ${plugin}}`), ["SECRET_IN_FILE"]],
    ["a secret in a header", user(`exec: {command: /x/p, args: ["Authorization: Bearer s3cret"], ${plugin}}`), ["SECRET_IN_FILE"]],
    [
      "a password in an address of an argument",
      user(`exec: {command: /x/p, args: ["--url=https://u:s3cret/@h"], ${plugin}}`),
      ["SECRET_IN_FILE"],
    ],
    ["a secret in a variable", user(`exec: {command: /x/p, env: [{name: MY_PASSWORD, value: s3cret}], ${plugin}}`), ["SECRET_IN_FILE"]],
    ["a stored ID token", user("auth-provider: {name: oidc, config: {id-token: s3cret}}"), ["SECRET_IN_FILE"]],
    ["a stored access token", user("auth-provider: {name: gcp, config: {access-token: s3cret}}"), ["SECRET_IN_FILE"]],
    [
      "a password of a proxy with an @ in it",
      "clusters: [{name: k, cluster: {server: 'https://k', proxy-url: 'http://u:p@s3cret@proxy'}}]",
      ["PROXY_PASSWORD"],
    ],
    ["a hint that steers the terminal", user(`exec: {command: /x/p, installHint: "\\e[2J", ${plugin}}`), ["HINT_UNPRINTABLE"]],
    ["a name that steers the terminal", 'users: [{name: "a\\e[2Jb", user: {}}]', ["NAME_UNPRINTABLE"]],
    ["a command of an auth-provider", user("auth-provider: {name: gcp, config: {cmd-path: /bin/x}}"), ["AUTH_PROVIDER_COMMAND"]],
    ["a stored token", user("token: s3cret"), ["SECRET_IN_FILE"]],
    ["a stored refresh token", user("auth-provider: {name: oidc, config: {refresh-token: s3cret}}"), ["SECRET_IN_FILE"]],
    ["a foreign secret that would be sent", user("tokenFile: /home/a/.ssh/id_ed25519"), ["SENDS_FOREIGN_SECRET"]],
    ["another kubeconfig that would be sent", user("tokenFile: /home/a/.kube/config"), ["SENDS_FOREIGN_SECRET"]],
    ["variables of a process that would be sent", user("tokenFile: /proc/self/environ"), ["SENDS_FOREIGN_SECRET"]],
    ["a foreign secret on Windows", user("tokenFile: 'C:\\Users\\a\\.ssh\\id_rsa'"), ["SENDS_FOREIGN_SECRET"]],
    ["a foreign secret behind two slashes", user("tokenFile: /etc//shadow"), ["SENDS_FOREIGN_SECRET"]],
    ["a pod's token for AWS", user("tokenFile: /var/run/secrets/eks.amazonaws.com/serviceaccount/token"), ["SENDS_FOREIGN_SECRET"]],
    ["a password of a server", "clusters: [{name: k, cluster: {server: 'https://u:s3cret@k'}}]", ["SECRET_IN_FILE"]],
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
    user(`exec: {command: /x/p, args: ["ssh://git@example.com/x"], ${plugin}}`),
    user(`exec: {command: /usr/bin/kubepass, args: [get-token, oidc], ${plugin}}`),
    user(
      `exec: {command: kubectl, args: [oidc-login, get-token, --token-cache-dir=/x, --oidc-use-pkce, --certificate-authority=/x/y], ${plugin}}`,
    ),
    user(`exec: {command: aws, args: [eks, get-token, --cluster-name, open], env: [{name: AWS_ACCESS_KEY_ID, value: AKIA}], ${plugin}}`),
    user(`exec: {command: /x/p, args: [--client-secret-file, /x/y, --use-token=true], ${plugin}}`),
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

test("what is run is told, without the secrets of it", () => {
  const args = "[get, --client-secret=s3cret, --token, s3cret, --token-file=/x, 'https://u:s3@cret@h/p', -v, eyJhbGciOiJub25lIn0.e30.x]";
  const findings = auditKubeconfig(parseKubeconfig(user(`exec: {command: /x/p, args: ${args}, ${plugin}}`)));
  expect(findings.find(({ code }) => code === "RUNS")?.text).toBe(
    "it runs /x/p get --client-secret=REDACTED --token REDACTED --token-file=/x https://REDACTED@h/p -v REDACTED",
  );
});

test("a password with an @ in it is not shown by the redacted form either", () => {
  const text = "clusters: [{name: k, cluster: {server: s, proxy-url: 'http://u:p@s3cret@proxy'}}]";
  expect(JSON.stringify(formatKubeconfig(parseKubeconfig(text), "redact"))).toContain('"http://REDACTED@proxy"');
});

test.each(["a", "-", "1", ":", "@", "/", "=", " ", "eyJaaaaaaaa-", "//a", "--token "])(
  "a flood of %j is looked through in bounded steps",
  (part) => {
    const flood = JSON.stringify(part.repeat(20_000));
    const text = `{users: [{name: u, user: {exec: {command: ${flood}, args: [${flood}], ${plugin}}}}], clusters: [{name: k, cluster: {server: ${flood}, proxy-url: ${flood}}}]}`;
    expect(auditKubeconfig(parseKubeconfig(text)).length).toBeGreaterThan(0);
  },
);

test("whom somebody acts as is told in full", () => {
  const text = user("as: nobody, as-uid: '7', as-groups: [system:masters, b], as-user-extra: {k: [v, w]}");
  expect(auditKubeconfig(parseKubeconfig(text)).map((finding) => finding.text)).toEqual([
    "it acts as nobody with the uid 7 in the groups system:masters, b with the extra k=v,w",
  ]);
  expect(codes(user("as-groups: [system:masters]"), "note")).toEqual(["IMPERSONATES"]);
});

test.each([
  ["contexts: [{name: c, context: {cluster: k, user: u}}]", 'the user "u" and the cluster "k" do not exist'],
  ["{contexts: [{name: c, context: {cluster: k, user: u}}], users: [{name: u, user: {}}]}", 'the cluster "k" does not exist'],
  [user("token: s3cret"), "a token stands in the kubeconfig: whoever has the file is this user"],
  [
    user("token: s3cret, password: s3cret, client-key-data: QQ=="),
    "a token, a password and a private key stand in the kubeconfig: whoever has the file is this user",
  ],
  [user(`exec: {command: /p, args: [--token=s3cret], ${plugin}}`), "--token of the plugin: a secret stands in the kubeconfig"],
  [
    user(`exec: {command: /p, args: [--token=s3cret, --pass=s3cret], ${plugin}}`),
    "--token, --pass of the plugin: secrets stand in the kubeconfig",
  ],
])("%s is told in the right number", (text, told) => {
  expect(auditKubeconfig(parseKubeconfig(text)).map((finding) => finding.text)).toContain(told);
});

test("all that is said of one entry has one subject, also when its name steers a terminal", () => {
  const findings = auditKubeconfig(parseKubeconfig('users: [{name: "a\\e[2Jb", user: {token: s3cret}}]'));
  expect(findings.map(({ code, subject }) => [code, subject])).toEqual([
    ["NAME_UNPRINTABLE", "users/a\u001b[2Jb"],
    ["SECRET_IN_FILE", "users/a\u001b[2Jb"],
  ]);
});

test("who gets the refresh token is told, and by what that one is known", () => {
  const config =
    "idp-issuer-url: 'https://u:s3@cret@idp', idp-certificate-authority: /ca, refresh-token: r, client-secret: s, client-id: c";
  const findings = auditKubeconfig(parseKubeconfig(user(`auth-provider: {name: oidc, config: {${config}}}`)));
  expect(findings.map(({ code, text }) => [code, text])).toEqual([
    ["ISSUER", "https://REDACTED@idp is asked for new tokens, and gets the refresh-token and client-secret"],
    ["TRUSTS", "for that it trusts the certificate authority in /ca"],
    ["SECRET_IN_FILE", "the refresh-token and client-secret of an auth-provider stand in the kubeconfig"],
  ]);
});

test.each([
  ["ca.pem", "ca.pem, looked for in the folder that the client is started in"],
  ["/ca.pem", "/ca.pem"],
  ["C:\\ca.pem", "C:\\ca.pem"],
])("where the issuer's certificate authority %s is looked for is told, as no client resolves it", (path, told) => {
  const config = `idp-issuer-url: 'https://idp', idp-certificate-authority: '${path}'`;
  const kubeconfig = placeKubeconfig(parseKubeconfig(user(`auth-provider: {name: oidc, config: {${config}}}`)), "/home/a/config", "linux");
  expect(auditKubeconfig(kubeconfig).find(({ code }) => code === "TRUSTS")?.text).toBe(
    `for that it trusts the certificate authority in ${told}`,
  );
});

describe("the token of a pod's service account", () => {
  const token = "/var/run/secrets/kubernetes.io/serviceaccount/token";
  const variables = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };
  const risks = (server: string, tokenFile = token, given: AuditOptions = { variables }): readonly string[] => {
    const text = `{clusters: [{name: k, cluster: {server: '${server}'}}], contexts: [{name: x, context: {cluster: k, user: u}}], users: [{name: u, user: {tokenFile: '${tokenFile}'}}]}`;
    return auditKubeconfig(parseKubeconfig(text), given).flatMap((finding) => (finding.code === "SENDS_POD_TOKEN" ? [finding.text] : []));
  };
  const told = (server: string): string =>
    `the token of a pod's service account would be sent to ${server}, and whoever gets it is that pod in the pod's own cluster`;

  test.each(["https://evil.example", "https://kubernetes.default.svc.evil.example", "https://10.96.0.1:8443", "https://10.96.0.10"])(
    "is a risk when it goes to %s",
    (server) => {
      expect(risks(server)).toEqual([told(server)]);
    },
  );

  test.each([
    "https://10.96.0.1",
    "https://10.96.0.1:443/",
    "https://10.96.0.1:",
    "10.96.0.1:443",
    "https://kubernetes.default.svc",
    "https://KUBERNETES",
  ])("is none when it goes to %s", (server) => {
    expect(risks(server)).toEqual([]);
  });

  // Browsers would go to 10.96.0.1 or kubernetes; client-go looks for a name, or refuses the address.
  test.each(["https://0x0a600001", "https://10.96.1", "https://012.96.0.1", "https://%6bubernetes", "https:///10.96.0.1"])(
    "is judged with the eyes of client-go when it goes to %s",
    (server) => {
      expect(risks(server)).toEqual([told(server)]);
    },
  );

  test("stays at home however an IPv6 address is written", () => {
    const version6 = { variables: { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" } };
    expect(risks("https://[FD00:0:0::1]:6443", token, version6)).toEqual([]);
    expect(risks("https://[fd00::1]", token, version6)).toEqual([told("https://[fd00::1]")]);
    expect(risks("https://[fd00::1:6443]", token, version6)).toEqual([told("https://[fd00::1:6443]")]);
  });

  test("is known by each of its paths, and by no other's", () => {
    for (const path of [token.slice(4), `/var${token.replace("/run/", "//run/./").slice(4)}`, token.replace("token", "..data/token")])
      expect(risks("https://evil.example", path)).toEqual([told("https://evil.example")]);
    expect(risks("https://evil.example", "/var/run/secrets/kubernetes.io/serviceaccount-of-mine")).toEqual([]);
  });

  test("goes to an unknown cluster where nothing says which is the pod's, and password and place of a server are not mixed up", () => {
    expect(risks("https://10.96.0.1", token, {})).toEqual([told("https://10.96.0.1")]);
    expect(risks("https://10.96.0.1:443@evil.example")).toContain(told("https://REDACTED@evil.example"));
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

  test("holds paths as kubectl takes them", async () => {
    const path = folder.write(
      "kuberc",
      "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ncredentialPluginAllowlist: [{command: /a//b}]\n",
    );
    expect(await writeAllowlist(path, ["/usr//bin/../bin/p", "q"])).toEqual(["/a/b", "/usr/bin/p", "q"]);
  });

  test("is not written over something else", async () => {
    const path = folder.write("kuberc", "kind: Config\n");
    await expect(writeAllowlist(path, ["/new"])).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(readFileSync(path, "utf8")).toBe("kind: Config\n");
  });
});
