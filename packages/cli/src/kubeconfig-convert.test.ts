import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseKubeconfig } from "@kubepass/kubeconfig";
import { createIssuer, type Issuer } from "@kubepass/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createFakeUser, type FakeUser, type Ran } from "./test-support/run-in-process.ts";
import { writeKubeconfig } from "./test-support/write-kubeconfig.ts";

const config = `# mine
kind: Config
clusters:
- {name: prod, cluster: {server: "https://prod.example"}}
- {name: aws, cluster: {server: "https://A1.gr7.eu-north-1.eks.amazonaws.com"}}
users:
# anna, of the team
- name: anna
  user:
    as: boss # why
    auth-provider:
      name: oidc
      config: {idp-issuer-url: "https://issuer.example", client-id: kubernetes, id-token: hunter2, refresh-token: hunter3}
- name: ben
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1alpha1
      command: aws-iam-authenticator
      args: [token, -i, aws]
      env: [{name: AWS_PROFILE, value: work}] # his
      future: yes
- {name: eve, user: {token: hunter4}}
contexts:
- {name: prod, context: {cluster: prod, user: anna}}
- {name: aws, context: {cluster: aws, user: ben}}
- {name: lost, context: {cluster: aws, user: nobody}}
current-context: prod
`;

function withSecret(name: string, secret: string): string {
  const args = `[get-token, --oidc-issuer-url=https://issuer.example, --oidc-client-id=k, --oidc-client-secret=${secret}]`;
  return `- {name: ${name}, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: kubelogin, args: ${args}}}}\n`;
}

let user: FakeUser;
let folder: string;
let path: string;

beforeEach(() => {
  user = createFakeUser();
  path = writeKubeconfig(user, config);
  folder = dirname(path);
});
afterEach(() => user.remove());

async function convert(...argv: readonly string[]): Promise<Ran> {
  return await user.run(["kubeconfig", "convert", ...argv]);
}

function argumentsOf(name: string, file = path): readonly string[] | undefined {
  return parseKubeconfig(readFileSync(file)).users.get(name)?.exec?.args;
}

function copies(): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".bak"));
}

describe("kubeconfig convert", () => {
  test("makes every user that it knows sign in with kubepass, and leaves everything else as it was", async () => {
    const ran = await convert();
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout).toContain("anna: auth-provider oidc is now kubepass get-token oidc\n");
    expect(ran.stdout).toContain("eve stays: a token (");
    expect(ran.stdout).not.toMatch(/hunter/);
    const written = readFileSync(path, "utf8");
    for (const kept of [
      "# mine\n",
      "# anna, of the team\n",
      "as: boss # why\n",
      "value: work}] # his\n",
      "future: yes\n",
      "token: hunter4",
    ])
      expect(written).toContain(kept);
    expect(written).not.toMatch(/auth-provider|hunter[23]|aws-iam/);
    expect(argumentsOf("anna")).toEqual(["get-token", "oidc", "--issuer-url=https://issuer.example", "--client-id=kubernetes"]);
    expect(argumentsOf("ben")).toEqual(["get-token", "eks", "--cluster-id=aws", "--region=eu-north-1"]);
    const [copy = ""] = copies();
    expect([readFileSync(join(folder, copy), "utf8"), ran.stdout.includes(copy), ran.stdout.includes("remove that copy")]).toEqual([
      config,
      true,
      true,
    ]);
    expect((await user.run(["status"])).stdout).toContain("prod");
  });

  test("finds nothing to do a second time", async () => {
    await convert("--no-backup");
    const before = readFileSync(path, "utf8");
    const ran = await convert();
    expect([ran.exitCode, ran.stderr, readFileSync(path, "utf8"), readdirSync(folder)]).toEqual([0, "", before, ["config"]]);
    expect(ran.stdout).toContain("anna stays: kubepass (it signs in with kubepass already)\n");
    expect(ran.stdout).toContain("\nnothing to convert\n");
    expect((await convert("--user=anna")).exitCode).toBe(0);
  });

  test("shows in a dry run what would be written, and writes nothing", async () => {
    const ran = await convert("--dry-run", `--client-secret-file=${join(folder, "secret")}`);
    expect([ran.exitCode, readFileSync(path, "utf8"), readdirSync(folder)]).toEqual([0, config, ["config"]]);
    expect(ran.stdout).toContain("anna: auth-provider oidc would become kubepass get-token oidc\n");
    expect(ran.stdout).toContain("      command: /opt/kubepass/kubepass\n");
    expect(ran.stdout).not.toMatch(/hunter/);
  });

  test("converts the named users and no others", async () => {
    expect((await convert("--context=aws", "--no-backup")).exitCode).toBe(0);
    expect([argumentsOf("anna"), argumentsOf("ben")?.[1]]).toEqual([undefined, "eks"]);
    expect((await convert("--user=anna", "--no-backup")).stdout).toContain("try it: kubectl auth whoami\n");
    expect(argumentsOf("anna")?.[1]).toBe("oidc");
  });

  test("names a context to try it with, when the current one is of somebody else", async () => {
    expect((await convert("--user=ben")).stdout).toContain("try it: kubectl --context=aws auth whoami\n");
  });

  test.each<[string, readonly string[], string]>([
    ["a user", ["--user=gone"], 'there is no user "gone" (KUBECONFIG_UNUSABLE)'],
    ["a context", ["--context=gone"], 'there is no context "gone" (KUBECONFIG_UNUSABLE)'],
    ["the user of a context", ["--context=lost"], 'there is no user "nobody" (KUBECONFIG_UNUSABLE)'],
    ["a file", ["--kubeconfig=/nowhere/config"], "/nowhere/config does not exist (FILE_UNREADABLE)"],
    ["a flag", ["--usr=anna"], "unknown flag --usr"],
  ])("does nothing when %s is not there", async (_name, argv, message) => {
    const ran = await convert(...argv);
    expect([ran.exitCode, ran.stdout, readFileSync(path, "utf8")]).toEqual([2, "", config]);
    expect(ran.stderr).toContain(message);
  });

  test("ends with 7 when a user that was asked for stays", async () => {
    const ran = await convert("--user=eve", "--user=anna");
    expect([ran.exitCode, argumentsOf("anna")?.[1]]).toEqual([7, "oidc"]);
    expect(ran.stderr).toContain("1 user was not converted (CONVERSION_INCOMPLETE)");
  });

  test("says the same to programs", async () => {
    const ran = await convert("--output=json", "--user=eve", "--user=ben");
    expect(ran.exitCode).toBe(7);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      kind: "KubeconfigConversion",
      dryRun: false,
      files: [{ path, changed: true, backup: expect.stringContaining(".bak") }],
      users: [
        { name: "ben", file: path, outcome: "converted", from: "aws-iam-authenticator token", exec: { interactiveMode: "IfAvailable" } },
        { name: "eve", outcome: "foreign", reason: expect.any(String) },
      ],
    });
    expect(JSON.parse(ran.stderr)).toMatchObject({ code: "CONVERSION_INCOMPLETE" });
  });
});

describe("several files", () => {
  test("are each edited where they define a user, and the first that has a name counts", async () => {
    const other = join(folder, "other");
    writeFileSync(other, "users:\n- {name: anna, user: {auth-provider: {name: gcp}}}\n");
    const ran = await user.run(["kubeconfig", "convert", "--no-backup"], { variables: { KUBECONFIG: `${other}:${path}` } });
    expect(ran.exitCode).toBe(0);
    expect(argumentsOf("anna", other)).toEqual(["--use_application_default_credentials"]);
    expect([argumentsOf("anna"), argumentsOf("ben")?.[1]]).toEqual([undefined, "eks"]);
    expect(ran.stdout).toContain(`anna (${other}): auth-provider gcp is now gke-gcloud-auth-plugin\n`);
  });

  test("do not keep each other from it", async () => {
    const broken = join(folder, "shared");
    writeFileSync(broken, "users:\n- {name: carl, user: {auth-provider: &p {name: gcp}}}\nmine: *p\n");
    const ran = await user.run(["kubeconfig", "convert"], { variables: { KUBECONFIG: `${broken}:${path}` } });
    expect([ran.exitCode, argumentsOf("ben")?.[1], readFileSync(broken, "utf8").includes("gcp")]).toEqual([7, "eks", true]);
    expect(ran.stdout).toContain(`carl (${broken}) stays: auth-provider gcp\n`);
    const alone = await convert(`--kubeconfig=${broken}`);
    expect([alone.exitCode, alone.stderr]).toEqual([2, expect.stringContaining("(KUBECONFIG_INVALID)")]);
  });

  test("may share an entry by an anchor, when all who share it are converted", async () => {
    writeFileSync(path, "users:\n- {name: a, user: &u {auth-provider: {name: gcp}}}\n- {name: b, user: *u}\n");
    expect((await convert("--no-backup")).exitCode).toBe(0);
    expect([argumentsOf("a"), argumentsOf("b")]).toEqual([
      ["--use_application_default_credentials"],
      ["--use_application_default_credentials"],
    ]);
  });
});

describe("a client secret", () => {
  test("keeps its user as it is, until somebody says where it may lie", async () => {
    writeFileSync(path, `users:\n${withSecret("anna", "hunter2")}`);
    const ran = await convert();
    expect([ran.exitCode, argumentsOf("anna")?.at(-1)]).toEqual([7, "--oidc-client-secret=hunter2"]);
    expect(ran.stdout).toContain("it has a client secret, which must not stand in a kubeconfig");
    expect(ran.stdout + ran.stderr).not.toContain("hunter");
  });

  test("moves into a file of its owner alone", async () => {
    const secret = join(user.host.directories.home, "deep", "secret");
    writeFileSync(path, `users:\n${withSecret("anna", "hunter2")}${withSecret("eva", "hunter2")}`);
    const ran = await convert("--client-secret-file=~/deep/secret");
    expect([ran.exitCode, readFileSync(secret, "utf8"), statSync(secret).mode & 0o777]).toEqual([0, "hunter2\n", 0o600]);
    expect(argumentsOf("anna")).toContain(`--client-secret-file=${secret}`);
    expect(readFileSync(path, "utf8") + ran.stdout).not.toContain("hunter");
  });

  test("is not written over another one", async () => {
    const secret = join(folder, "secret");
    writeFileSync(path, `users:\n${withSecret("anna", "hunter2")}${withSecret("eva", "hunter3")}`);
    const ran = await convert(`--client-secret-file=${secret}`);
    expect([ran.exitCode, readFileSync(secret, "utf8"), argumentsOf("eva")?.at(-1)]).toEqual([
      7,
      "hunter2\n",
      "--oidc-client-secret=hunter3",
    ]);
    expect(ran.stdout).toContain(`eva stays: kubelogin get-token\n  why    ${secret} holds another client secret`);
    expect(ran.stdout + ran.stderr).not.toContain("hunter");
  });

  test("that cannot be kept leaves everything as it was", async () => {
    writeFileSync(path, `users:\n${withSecret("anna", "hunter2")}`);
    const ran = await convert(`--client-secret-file=${join(path, "below-a-file")}`);
    expect([ran.exitCode, ran.stdout, argumentsOf("anna")?.at(-1)]).toEqual([2, "", "--oidc-client-secret=hunter2"]);
    expect(ran.stderr).toMatch(/the client secret file .* cannot be/);
  });
});

test("two people at one issuer stay two", async () => {
  const token = (subject: string): string => {
    const claims = { sub: subject, email: `${subject}@example.com` };
    return `${[{ alg: "none" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.`;
  };
  const entry = (name: string, subject: string): string =>
    `- {name: ${name}, user: {auth-provider: {name: oidc, config: {idp-issuer-url: "https://issuer.example", client-id: k, id-token: ${token(subject)}}}}}\n`;
  writeFileSync(path, `users:\n${entry("a", "anna")}${entry("b", "anna")}`);
  await convert("--no-backup");
  expect([argumentsOf("a"), argumentsOf("b")].map((args) => args?.length)).toEqual([4, 4]);
  writeFileSync(path, `users:\n${entry("a", "anna")}${entry("b", "ben")}`);
  await convert("--no-backup");
  expect([argumentsOf("a"), argumentsOf("b")].map((args) => args?.find((argument) => argument.startsWith("--account")))).toEqual([
    "--account=anna@example.com",
    "--account=ben@example.com",
  ]);
});

describe("a converted user", () => {
  let issuer: Issuer;
  beforeAll(async () => void (issuer = await createIssuer()));
  afterAll(() => issuer.close());

  test.each<[string, (url: string) => object]>([
    [
      "of the auth-provider oidc",
      (url) => {
        const settings = { "idp-issuer-url": url, "client-id": "kubepass", "id-token": "hunter2", "idp-certificate-authority": "ca.pem" };
        return { "auth-provider": { name: "oidc", config: settings } };
      },
    ],
    [
      "of kubelogin",
      (url) => {
        const own = [`--oidc-issuer-url=${url}`, "--oidc-client-id", "kubepass", "--listen-address=127.0.0.1:0"];
        const args = ["oidc-login", "get-token", ...own, `--certificate-authority=${join(folder, "ca.pem")}`];
        return { exec: { apiVersion: "client.authentication.k8s.io/v1beta1", command: "kubectl", args } };
      },
    ],
  ])("%s signs in at the issuer of before", async (_name, describeUser) => {
    issuer.signInMode = "automatic";
    issuer.account = "anna";
    writeFileSync(join(folder, "ca.pem"), issuer.authority?.certificatePem ?? "");
    writeFileSync(path, JSON.stringify({ users: [{ name: "anna", user: describeUser(issuer.url) }] }));
    expect((await convert()).exitCode).toBe(0);
    const signedIn = await user.run(argumentsOf("anna") ?? [], {
      isTerminal: true,
      variables: { DISPLAY: ":0" },
      openBrowser: (url) => {
        void issuer.signIn(url).catch(() => undefined);
        return true;
      },
      clock: "turned",
    });
    expect([signedIn.exitCode, JSON.parse(signedIn.stdout)]).toMatchObject([
      0,
      { kind: "ExecCredential", status: { token: expect.any(String) } },
    ]);
  });
});
