import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseKubeconfig } from "@kubepass/kubeconfig";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFakeUser, type FakeUser, type Ran } from "./test-support/run-in-process.ts";
import { writeKubeconfig } from "./test-support/write-kubeconfig.ts";

const config = `clusters:
- {name: prod, cluster: {server: "https://prod.example"}}
- {name: dev, cluster: {server: "https://dev.example"}}
contexts: []
`;

let user: FakeUser;
let folder: string;
let path: string;

beforeEach(() => {
  user = createFakeUser();
  path = writeKubeconfig(user, config);
  folder = dirname(path);
});
afterEach(() => user.remove());

async function addEks(cluster: string, ...more: readonly string[]): Promise<Ran> {
  return await user.run(["kubeconfig", "add", "eks", `--cluster-name=${cluster}`, "--region=eu-central-1", ...more]);
}

async function addOidc(...more: readonly string[]): Promise<Ran> {
  return await user.run(["kubeconfig", "add", "oidc", "--issuer-url=https://issuer.example", ...more]);
}

/** Each context with its cluster, and which of its user's arguments is not in all of them. */
function listContexts(): readonly string[] {
  const { contexts, users } = parseKubeconfig(readFileSync(path, "utf8"));
  return [...contexts].map(([name, { cluster, user: used }]) => {
    const argument = users.get(used)?.exec?.args.find((each) => /--(?:cluster-name|client-id)=/.test(each));
    return [name, cluster, used, argument].join(" ");
  });
}

describe("kubeconfig add, again", () => {
  test("for a cluster whose sign-in is another one leaves the contexts that are there as they are", async () => {
    await addEks("prod", "--cluster-entry=prod");
    expect((await addEks("dev", "--cluster-entry=dev")).stdout).toContain(
      "wrote the user kubepass-eks-dev and the context kubepass-eks-dev@dev",
    );
    await addEks("dev2", "--cluster-entry=dev");
    expect(listContexts()).toEqual([
      "kubepass-eks@prod prod kubepass-eks --cluster-name=prod",
      "kubepass-eks-dev@dev dev kubepass-eks-dev --cluster-name=dev2",
    ]);
  });

  test("for a cluster with the same sign-in shares its user, which then changes for none of them alone", async () => {
    for (const cluster of ["prod", "dev"]) await addOidc("--client-id=one", `--cluster-entry=${cluster}`);
    await addOidc("--client-id=two", "--cluster-entry=dev");
    expect(listContexts()).toEqual([
      "kubepass-oidc@prod prod kubepass-oidc --client-id=one",
      "kubepass-oidc@dev dev kubepass-oidc --client-id=one",
      "kubepass-oidc-dev@dev dev kubepass-oidc-dev --client-id=two",
    ]);
  });

  test("for a cluster to which kubeconfig says other things gives a user of its own, and asks nobody else otherwise", async () => {
    const extension = "{name: client.authentication.k8s.io/exec, extension: {client-id: kubernetes}}";
    writeFileSync(path, config.replace('prod.example"', `prod.example", extensions: [${extension}]`));
    await addOidc("--client-id=one", "--cluster-entry=prod", "--interactive-mode=Never");
    const before = parseKubeconfig(readFileSync(path, "utf8")).users.get("kubepass-oidc");
    expect(before?.exec).toMatchObject({ provideClusterInfo: true, interactiveMode: "Never" });
    expect((await addOidc("--client-id=one", "--cluster-entry=dev")).stdout).toContain("kubepass-oidc-dev@dev");
    const { users } = parseKubeconfig(readFileSync(path, "utf8"));
    expect(users.get("kubepass-oidc")).toEqual(before);
    expect(users.get("kubepass-oidc-dev")?.exec).toMatchObject({ provideClusterInfo: false, interactiveMode: "IfAvailable" });
  });

  test("with nothing else asked for leaves a shared user's command, mode and hint, and with it makes another user", async () => {
    const exec = "{command: kubectl, args: [pass, get-token, oidc, '--issuer-url=https://issuer.example', --client-id=one]";
    const more = "apiVersion: client.authentication.k8s.io/v1beta1, interactiveMode: Never, installHint: ours, provideClusterInfo: false}";
    const shared = `- {name: kubepass-oidc, user: {exec: ${exec}, ${more}}}\n`;
    writeFileSync(path, `${config.replace("[]", "[{name: x, context: {cluster: prod, user: kubepass-oidc}}]")}users:\n${shared}`);
    expect((await addOidc("--client-id=one", "--cluster-entry=dev")).stdout).toContain("context kubepass-oidc@dev ");
    expect(readFileSync(path, "utf8")).toContain(shared);
    for (const asked of ["--interactive-mode=Always", "--plugin-command=/opt/kubepass"]) {
      const ran = await addOidc("--client-id=one", "--cluster-entry=prod", asked, "--dry-run");
      expect(ran.stdout).toContain("kubepass-oidc-prod");
    }
    await addOidc("--client-id=one", "--cluster-entry=prod", "--context-name=y", "--interactive-mode=Always");
    expect(readFileSync(path, "utf8")).toContain(shared);
  });

  test("keeps the command of a user when its arguments change, and what comes before them", async () => {
    const exec =
      "{command: kubectl, args: [pass, get-token, eks, --cluster-name=old], installHint: ours, apiVersion: client.authentication.k8s.io/v1}";
    writeFileSync(path, `${config}users:\n- {name: me, user: {exec: ${exec}}}\n`);
    await addEks("dev", "--user-name=me", "--cluster-entry=dev");
    expect(parseKubeconfig(readFileSync(path, "utf8")).users.get("me")?.exec).toMatchObject({
      command: "kubectl",
      args: ["pass", "get-token", "eks", expect.any(String), expect.any(String)],
      installHint: "ours",
      interactiveMode: "IfAvailable",
    });
    await addEks("dev", "--user-name=me", "--cluster-entry=dev", "--plugin-command=kubepass", "--interactive-mode=Never");
    expect(parseKubeconfig(readFileSync(path, "utf8")).users.get("me")?.exec).toMatchObject({
      command: "kubepass",
      args: ["get-token", "eks", expect.any(String), expect.any(String)],
      interactiveMode: "Never",
    });
  });

  test.each<[string, readonly string[], string]>([
    [
      "a user that signs in for another context",
      ["--user-name=me", "--cluster-entry=dev"],
      'the user "me" signs in for the context "me@prod" as well',
    ],
    [
      "a context of another cluster",
      ["--user-name=me", "--context-name=me@prod", "--cluster-entry=dev"],
      'the context "me@prod" exists and is for another cluster',
    ],
  ])("does not change %s unless it is told to", async (_, flags, message) => {
    await addEks("prod", "--user-name=me", "--cluster-entry=prod");
    const before = readFileSync(path, "utf8");
    const ran = await addEks("dev", ...flags);
    expect([ran.exitCode, ran.stdout, readFileSync(path, "utf8")]).toEqual([2, "", before]);
    expect(ran.stderr).toContain(message);
    expect((await addEks("dev", ...flags, "--replace")).exitCode).toBe(0);
    expect(listContexts()).toContain(`me@${flags.length === 2 ? "dev" : "prod"} dev me --cluster-name=dev`);
  });

  test("does not take a user for its own that has a token as well", async () => {
    const exec = "{command: kubepass, args: [get-token, eks], apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}";
    writeFileSync(path, `${config}users:\n- {name: me, user: {token: s3cret, exec: ${exec}}}\n`);
    expect((await addEks("dev", "--user-name=me", "--cluster-entry=dev")).stderr).toContain(
      'the user "me" exists and signs in in another way',
    );
  });

  test("keeps what somebody has added to the user and the context", async () => {
    await addEks("dev", "--cluster-entry=dev");
    const added = readFileSync(path, "utf8")
      .replace(
        "      provideClusterInfo: false\n",
        "      provideClusterInfo: false\n      env: [{name: AWS_PROFILE, value: work}] # mine\n",
      )
      .replace("    cluster: dev\n", "    cluster: dev\n    namespace: team # ours\n");
    writeFileSync(path, added);
    await addEks("dev2", "--cluster-entry=dev");
    expect(readFileSync(path, "utf8")).toBe(added.replace("--cluster-name=dev\n", "--cluster-name=dev2\n"));
    await addEks("dev2", "--cluster-entry=dev", "--context-namespace=other");
    expect(readFileSync(path, "utf8")).toContain("namespace: other");
    await addEks("dev2", "--cluster-entry=dev", "--replace");
    expect(readFileSync(path, "utf8")).not.toMatch(/AWS_PROFILE|namespace/);
  });
});

test("the command to try it with is for the file that was named", async () => {
  const other = join(folder, "an other");
  writeFileSync(other, config);
  const ran = await addEks("dev", "--cluster-entry=dev", `--kubeconfig=${other}`, "--select");
  expect(ran.stdout).toContain(`try it: kubectl '--kubeconfig=${other}' auth whoami\n`);
});

describe("kubeconfig add, with several files", () => {
  let other: string;
  let variables: Readonly<Record<string, string>>;
  const exec = "exec: {command: kubepass, args: [get-token, eks, --cluster-name=old], env: [{name: AWS_PROFILE, value: s3cret}]";
  const mine = `users:\n- name: me\n  user: {${exec}, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}}\n`;
  const theirs = "contexts:\n- name: mine\n  context: {cluster: prod, user: me, namespace: team}\ncurrent-context: other\n";

  beforeEach(() => {
    other = join(folder, "other");
    writeFileSync(path, `${config}${mine}`);
    writeFileSync(other, theirs);
    variables = { KUBECONFIG: `${path}:${other}` };
  });

  async function add(...more: readonly string[]): Promise<Ran> {
    const argv = ["--cluster-name=new", "--region=eu-central-1", "--user-name=me", "--context-name=mine", "--cluster-entry=prod"];
    return await user.run(["kubeconfig", "add", "eks", ...argv, ...more], { variables });
  }

  test("leaves a context where it is, and does not hide it behind a second one", async () => {
    const { stdout } = await add();
    expect(stdout).toMatch(new RegExp(`^wrote the user me to ${path}\nas it was before: ${path}.*\ntry it: kubectl --context=mine `));
    const written = parseKubeconfig(readFileSync(path, "utf8"));
    expect([written.contexts.size, written.users.get("me")?.exec?.args[2]]).toEqual([0, "--cluster-name=new"]);
    expect(readFileSync(other, "utf8")).toBe(theirs);
  });

  test("writes what is asked of the context into the file where that counts", async () => {
    const { stdout } = await add("--context-namespace=new", "--select");
    expect(stdout).toContain(`\nwrote the context mine to ${other}\nas it was before: ${other}`);
    expect(parseKubeconfig(readFileSync(path, "utf8"))).toMatchObject({ contexts: new Map(), currentContext: "" });
    expect(readFileSync(other, "utf8")).toBe(theirs.replace("team", "new").replace(": other", ": mine"));
    expect((await add("--replace", "--select", "--no-backup")).stdout).not.toContain("as it was");
    expect(parseKubeconfig(readFileSync(other, "utf8")).contexts.get("mine")).toMatchObject({ user: "me", namespace: "" });
    expect(parseKubeconfig(readFileSync(path, "utf8")).contexts.size).toBe(0);
  });

  test("selects it in the file whose current context counts", async () => {
    expect((await add("--select")).stdout).toContain(`\nwrote the current context to ${other}\n`);
    expect(readFileSync(other, "utf8")).toBe(theirs.replace(": other", ": mine"));
  });

  test("shows in a dry run what each file would have, what is kept included and secrets not", async () => {
    const { stdout } = await add("--context-namespace=new", "--dry-run");
    const [first, second] = stdout.split(`# would be written to ${other}\n`);
    expect(first).toContain(`# would be written to ${path}\nusers:\n- name: me\n`);
    for (const kept of ["command: kubepass\n", '- "--cluster-name=new"\n', "name: AWS_PROFILE\n", "interactiveMode: Never\n"])
      expect(first).toContain(kept);
    expect(second).toBe("contexts:\n- name: mine\n  context:\n    cluster: prod\n    user: me\n    namespace: new\n");
    expect(stdout).not.toMatch(/s3cret|null/);
    const document = JSON.parse((await add("--context-namespace=new", "--dry-run", "--output=json")).stdout);
    expect(document).toMatchObject({
      path,
      dryRun: true,
      changed: true,
      otherFiles: [{ path: other, changed: true }],
      written: { users: [{ user: { exec: { interactiveMode: "Never" } } }], contexts: [{ context: { namespace: "new" } }] },
    });
    expect(JSON.stringify(document)).not.toContain("s3cret");
    expect([readFileSync(path, "utf8"), readFileSync(other, "utf8")]).toEqual([`${config}${mine}`, theirs]);
  });
});
