import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFakeUser, type FakeUser, type Ran } from "./test-support/run-in-process.ts";
import { writeKubeconfig } from "./test-support/write-kubeconfig.ts";

const config = `# mine
kind: Config
clusters:
- {name: prod, cluster: {server: "https://prod.example"}}
users:
- {name: static, user: {token: s3cret}}
contexts:
- {name: prod, context: {cluster: prod, user: static}}
current-context: prod
`;
const identity = ["--issuer-url=https://issuer.example", "--client-id=kubernetes"];

let user: FakeUser;
let path: string;

beforeEach(() => {
  user = createFakeUser();
  path = writeKubeconfig(user, config);
});
afterEach(() => user.remove());

async function run(...argv: readonly string[]): Promise<Ran> {
  return await user.run(["kubeconfig", ...argv]);
}

describe("kubeconfig view", () => {
  test("shows everything but secrets", async () => {
    const ran = await run("view");
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout).toContain("server: https://prod.example\n");
    expect(ran.stdout).not.toContain("s3cret");
    expect((await run("view", "--show-secrets")).stdout).toContain("token: s3cret\n");
  });

  test("shows no secret of an address or a plugin's arguments", async () => {
    const exec = "exec: {command: /opt/plugin, args: [get, --password=s3cret, 'https://u:s3cret@idp']}";
    writeFileSync(path, `clusters: [{name: k, cluster: {server: "https://u:s3cret@k"}}]\nusers: [{name: u, user: {${exec}}}]\n`);
    for (const output of ["text", "json", "yaml"]) {
      const { stdout } = await run("view", `--output=${output}`);
      expect(stdout).not.toContain("s3cret");
      for (const shown of ["https://REDACTED@k", "--password=REDACTED", "https://REDACTED@idp"]) expect(stdout).toContain(shown);
    }
    expect((await run("view", "--show-secrets")).stdout).toContain("https://u:s3cret@k");
  });

  test("says which of several files each entry comes from", async () => {
    const other = join(user.host.directories.home, "other");
    writeFileSync(other, "users: [{name: eva, user: {username: eva}}]\n");
    const ran = await user.run(["kubeconfig", "view"], { variables: { KUBECONFIG: `${other}:${path}` } });
    expect(ran.stdout).toContain(`- name: eva # "${other}"\n`);
    expect(ran.stdout).toContain(`- name: static # "${path}"\n`);
    const json = JSON.parse(
      (await user.run(["kubeconfig", "view", "-o", "json"], { variables: { KUBECONFIG: `${other}:${path}` } })).stdout,
    );
    expect(json).toMatchObject({
      kind: "KubeconfigView",
      files: [other, path],
      origins: { users: { eva: other, static: path }, currentContext: path },
    });
  });

  test.each(["view", "audit"])("names every broken file of several in %s", async (command) => {
    const [one, two] = ["one", "two"].map((name) => join(user.host.directories.home, name));
    writeFileSync(one ?? "", "users: 1\n");
    writeFileSync(two ?? "", "clusters: 2\n");
    const ran = await user.run(["kubeconfig", command], { variables: { KUBECONFIG: `${one}:${path}:${two}` } });
    expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain(`"${one}": users is not a list`);
    expect(ran.stderr).toContain(`"${two}": clusters is not a list`);
  });

  test("names what is missing", async () => {
    const ran = await run("view", "--minify", "--context=gone");
    expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain("cannot locate context gone (KUBECONFIG_UNUSABLE)");
    const whole = await run("view", "--context=gone");
    expect([whole.exitCode, whole.stdout]).toEqual([2, ""]);
    expect((await run("view", "--kubeconfig=/nowhere/config")).stderr).toContain("/nowhere/config does not exist (FILE_UNREADABLE)");
  });
});

describe("kubeconfig add", () => {
  test("writes a user and a context, and keeps a copy of what was there", async () => {
    const ran = await run("add", "oidc", ...identity);
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout).toContain("wrote the user kubepass-oidc and the context kubepass-oidc@prod");
    const written = readFileSync(path, "utf8");
    expect(written.startsWith("# mine\nkind: Config\n")).toBe(true);
    expect(written).toContain("command: /opt/kubepass/kubepass\n");
    for (const argument of ["get-token", "oidc", ...identity]) expect(written).toContain(`- ${argument}\n`);
    expect(written).toContain("current-context: prod\n");
    const copies = readdirSync(join(user.host.directories.home, ".kube")).filter((name) => name.endsWith(".bak"));
    expect(copies.map((name) => readFileSync(join(user.host.directories.home, ".kube", name), "utf8"))).toEqual([config]);
    // What was written is what status finds.
    expect((await user.run(["status"])).stdout).toContain("kubepass-oidc@prod");
  });

  test("writes a user of EKS, with what says whose tokens they are", async () => {
    const flags = ["--cluster-name=prod", "--region=eu-central-1", "--role-arn=arn:aws:iam::123456789012:role/admin"];
    const ran = await run("add", "eks", ...flags, "--context-name=eks", "--select");
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout).toContain("wrote the user kubepass-eks and the context eks");
    const { config: written } = JSON.parse((await run("view", "--minify", "-o", "json")).stdout);
    expect(written).toMatchObject({
      users: [{ name: "kubepass-eks", user: { exec: { command: "/opt/kubepass/kubepass", args: ["get-token", "eks", ...flags] } } }],
      contexts: [{ name: "eks", context: { cluster: "prod", user: "kubepass-eks" } }],
      "current-context": "eks",
    });
    expect((await run("audit")).stdout).toContain("users/kubepass-eks");
  });

  test("tells what a sign-in to EKS lacks, and writes nothing", async () => {
    const ran = await run("add", "eks", "--region=eu-central-1");
    expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain("cluster-name is missing");
    expect(readFileSync(path, "utf8")).toBe(config);
  });

  test("writes nothing in a dry run", async () => {
    const ran = await run("add", "oidc", ...identity, "--dry-run");
    expect([ran.exitCode, readFileSync(path, "utf8"), readdirSync(join(user.host.directories.home, ".kube"))]).toEqual([
      0,
      config,
      ["config"],
    ]);
    expect(ran.stdout).toContain("command: /opt/kubepass/kubepass\n");
  });

  test("hands the cluster's word to the plugin where the cluster has one", async () => {
    const extension = "extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: x}}]";
    writeFileSync(path, config.replace('server: "https://prod.example"', `server: "https://prod.example", ${extension}`));
    expect((await run("add", "oidc", ...identity, "--dry-run")).stdout).toContain("provideClusterInfo: true\n");
  });

  test.each<[string, readonly string[], string]>([
    ["a user that signs in in another way", ["--user-name=static"], 'the user "static" exists and signs in in another way'],
    ["a context of somebody else", ["--context-name=prod"], 'the context "prod" exists and is for another user'],
    ["an unknown cluster", ["--cluster-entry=gone"], 'there is no cluster "gone"'],
    ["a secret", ["--client-secret=s3cret"], "--client-secret would be written into the kubeconfig"],
  ])("refuses %s and writes nothing", async (_name, more, message) => {
    const ran = await run("add", "oidc", ...identity, ...more);
    expect(ran.exitCode).toBeGreaterThan(0);
    expect(ran.stderr).toContain(message);
    expect(ran.stderr).not.toContain("s3cret");
    expect(readFileSync(path, "utf8")).toBe(config);
  });

  test("tells what the sign-in lacks", async () => {
    expect((await run("add", "oidc", "--client-id=kubernetes")).stderr).toContain("issuer-url is missing");
  });
});

describe("kubeconfig audit", () => {
  test("ends with 6 when there is a risk", async () => {
    const ran = await run("audit");
    expect(ran.exitCode).toBe(6);
    expect(ran.stdout).toContain("users/static\n  risk  a token stands in the kubeconfig");
    expect(ran.stdout).not.toContain("s3cret");
    const json = JSON.parse((await run("audit", "-o", "json")).stdout);
    expect(json).toMatchObject({ kind: "KubeconfigAudit", risks: 1, files: [path] });
  });

  test("ends with 0 when there is none", async () => {
    writeFileSync(path, 'clusters: [{name: k, cluster: {server: "https://k"}}]\n');
    const ran = await run("audit");
    expect([ran.exitCode, ran.stdout]).toEqual([0, expect.stringContaining("no risk found")]);
  });

  test("says what it did not look at, and audits not nothing", async () => {
    const absent = join(user.host.directories.home, "absent");
    const one = await user.run(["kubeconfig", "audit"], { variables: { KUBECONFIG: `${absent}:${path}` } });
    expect(one.stderr).toContain(`warning: ${absent} does not exist: not looked at\n`);
    const two = await user.run(["kubeconfig", "audit"], { variables: { KUBECONFIG: `${absent}:${path}:${absent}2` } });
    expect(two.stderr).toContain(`warning: ${absent}, ${absent}2 do not exist: not looked at\n`);
    const none = await user.run(["kubeconfig", "audit"], { variables: { KUBECONFIG: absent } });
    expect([none.exitCode, none.stdout]).toEqual([2, ""]);
    expect(none.stderr).toContain("there is no kubeconfig");
  });

  test("says everything of one entry together, and names no file twice", async () => {
    writeFileSync(path, 'users: [{name: "a\\e[2Jb", user: {token: s3cret}}]\n');
    chmodSync(path, 0o666);
    const other = join(user.host.directories.home, "other");
    writeFileSync(other, "kind: Config\n", { mode: 0o600 });
    const { stdout } = await user.run(["kubeconfig", "audit"], { variables: { KUBECONFIG: `${path}:${other}` } });
    const heads = stdout.split("\n").filter((line) => /^[/u]/.test(line));
    expect(heads).toEqual([path, `users/a[2Jb (${path})`]);
  });

  test("finds a kubeconfig that others may write to", async () => {
    chmodSync(path, 0o666);
    expect((await run("audit")).stdout).toContain("others may write to it");
  });

  test("writes kubectl's allowlist", async () => {
    await run("add", "oidc", ...identity);
    const ran = await run("audit", "--write-allowlist");
    expect(ran.stderr).toContain("kubectl may run these plugins and no others");
    expect(readFileSync(join(user.host.directories.home, ".kube", "kuberc"), "utf8")).toContain("- command: /opt/kubepass/kubepass\n");
  });

  test("writes no allowlist when its result cannot be told", async () => {
    await run("add", "oidc", ...identity);
    expect((await run("audit", "--write-allowlist", "--output=xml")).exitCode).toBe(2);
    expect(existsSync(join(user.host.directories.home, ".kube", "kuberc"))).toBe(false);
  });

  describe("leaves out of the allowlist", () => {
    const plugin = "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never";
    const exec = (name: string, command: string, more: string): string =>
      `- {name: ${name}, user: {exec: {command: ${command}, ${more}, ${plugin}}}}\n`;
    const findKuberc = (): string => join(user.host.directories.home, ".kube", "kuberc");
    const findList = (): readonly string[] => readFileSync(findKuberc(), "utf8").match(/(?<=- command: ).*/g) ?? [];

    test("each program that runs others, and says so; paths are written as kubectl takes them", async () => {
      const risky =
        exec("a", "/usr/bin/timeout", 'args: ["9", sh]') + exec("b", "npx", "args: [evil]") + exec("c", "/home/../tmp/p", "args: []");
      writeFileSync(path, `users:\n${risky}${exec("d", "/usr//bin/./kubelogin", "args: [get-token]")}`);
      const ran = await run("audit", "--write-allowlist", "--output=json");
      expect(ran.exitCode).toBe(6);
      const leftOut = ["/tmp/p", "/usr/bin/timeout", "npx"];
      expect(JSON.parse(ran.stdout)).toMatchObject({ risks: 3, allowlist: ["/usr/bin/kubelogin"], leftOut });
      expect(ran.stderr).toContain(`warning: not added, because of a risk that was found: ${leftOut.join(", ")}\n`);
      expect(findList()).toEqual(["/usr/bin/kubelogin"]);
    });

    test("a program that another user runs in a risky way, also by its name alone", async () => {
      const risky = ["/opt//helper", "named"].map((command, at) => exec(`b${at}`, command, "env: [{name: LD_PRELOAD, value: /tmp/x.so}]"));
      const others =
        exec("a", "/opt/helper", "args: [get]") + exec("c", "/opt/other", "args: [get]") + exec("d", "/opt/named", "args: [get]");
      writeFileSync(path, `users:\n${risky.join("")}${others}`);
      expect((await run("audit", "--write-allowlist")).stderr).toContain("that was found: /opt/helper, /opt/named, named\n");
      expect(findList()).toEqual(["/opt/other"]);
    });

    test("nothing that is in it: what somebody allowed stays, and is told as a risk", async () => {
      writeFileSync(
        findKuberc(),
        "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ncredentialPluginAllowlist: [{command: /usr/bin/npx}, {command: /mine}]\n",
      );
      writeFileSync(path, `users:\n${exec("a", "npx", "args: [evil]")}${exec("b", "/opt/other", "args: [get]")}`);
      const ran = await run("audit", "--write-allowlist");
      expect(ran.stdout.replace(/\s+/g, " ")).toContain(`${findKuberc()} risk kubectl may run /usr/bin/npx, for which a risk was found`);
      expect([ran.exitCode, ran.stdout]).toEqual([6, expect.stringContaining("2 risks found")]);
      expect(findList()).toEqual(["/mine", "/opt/other", "/usr/bin/npx"]);
    });

    test("all of them, where nothing remains, and writes nothing", async () => {
      const before = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ncredentialPluginAllowlist: [{command: npx}]\n";
      writeFileSync(findKuberc(), before);
      writeFileSync(path, `users:\n${exec("a", "npx", "args: [evil]")}${exec("b", "/bin/sh", "args: [-c]")}`);
      const ran = await run("audit", "--write-allowlist");
      expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
      expect(ran.stderr).toContain("no plugin that could be allowed: a risk was found for /bin/sh, npx (CONFIG_INVALID)");
      expect(ran.stderr).toContain(`${findKuberc()} allows npx already: take it out unless you mean it`);
      expect(readFileSync(findKuberc(), "utf8")).toBe(before);
    });
  });

  test("leaves a policy that denies all plugins as it is", async () => {
    await run("add", "oidc", ...identity);
    const kuberc = join(user.host.directories.home, ".kube", "kuberc");
    const denies = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ncredentialPluginPolicy: DenyAll\n";
    writeFileSync(kuberc, denies);
    const ran = await run("audit", "--write-allowlist");
    expect(ran.stderr).toContain("denies all plugins");
    expect(readFileSync(kuberc, "utf8")).toBe(denies);
  });
});
