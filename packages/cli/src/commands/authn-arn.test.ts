import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeUser, type FakeUser } from "../test-support/run-in-process.ts";

let user: FakeUser;
let folder: string;

beforeEach(() => {
  user = createFakeUser();
  folder = mkdtempSync(join(tmpdir(), "kubepass-authn-"));
});

afterEach(() => {
  user.remove();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const account = "123456789012";
const awsAuth = `apiVersion: v1
kind: ConfigMap
metadata: {name: aws-auth, namespace: kube-system}
data:
  mapRoles: |
    - rolearn: arn:aws:iam::${account}:role/team/Admin
      username: admin:{{SessionName}}
      groups: [system:master]
    - rolearn: arn:aws:iam::${account}:role/Broken
      groups: viewers
`;

describe("kubepass authn explain --arn", () => {
  it("says which entry decides and who the ARN becomes", async () => {
    const path = write("aws-auth.yaml", awsAuth);
    const ran = await user.run(["authn", "explain", `--arn=arn:aws:sts::${account}:assumed-role/Admin/me`, `--mapping=${path}`]);
    expect(ran).toEqual({
      exitCode: 0,
      stderr: "",
      stdout: `as mappings name it: arn:aws:iam::${account}:role/Admin
EKSConfigMap: mapRoles[0] fits
error    mapRoles[1]: groups must be a list, not a string (GROUPS_INVALID)
mapped
  username  admin:me
  uid       aws-iam-authenticator:${account}:
  group     system:master
`,
    });
  });

  it("asks in the order of the server's configuration, and says what was not given", async () => {
    const mapRoles = [{ rolearn: `arn:aws:iam::${account}:role/Dev`, username: "dev" }];
    const config = write(
      "config.yaml",
      JSON.stringify({ clusterID: "a", server: { backendMode: "CRD,EKSConfigMap,MountedFile", mapRoles } }),
    );
    const argv = [
      "authn",
      "explain",
      `--arn=arn:aws:iam::${account}:role/Dev`,
      `--mapping=${config}`,
      `--mapping=${write("a.yaml", awsAuth)}`,
    ];
    const ran = await user.run([...argv, "--output=json"]);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      steps: [
        { backend: "EKSConfigMap", said: "absent" },
        { backend: "MountedFile", said: "found", place: "mapRoles[0]" },
      ],
      missing: ["CRD"],
      outcome: "mapped",
      user: { username: "dev" },
    });
  });

  it("says with 6 that nobody is mapped, and with 2 that the question is none", async () => {
    const mapping = `--mapping=${write("aws-auth.yaml", awsAuth)}`;
    const nobody = await user.run(["authn", "explain", `--arn=arn:aws:iam::${account}:role/Stranger`, mapping]);
    expect([nobody.exitCode, nobody.stdout.split("\n").at(-2)]).toEqual([
      6,
      "refused (MAPPING_ABSENT): no rule and no account lets this identity in",
    ]);
    expect((await user.run(["authn", "explain", "--arn=nonsense", mapping])).exitCode).toBe(2);
    expect((await user.run(["authn", "explain", "--arn=nonsense"])).exitCode).toBe(2);
    expect((await user.run(["authn", "explain", "--arn=x", `--mapping=${write("x.yaml", "a: b")}`])).exitCode).toBe(2);
  });
});

describe("kubepass authn explain --arn of a broken file", () => {
  it("says that a list does not count because it cannot be read", async () => {
    const path = write("aws-auth.yaml", awsAuth.replace("groups: viewers", "groups: [viewers"));
    const ran = await user.run(["authn", "explain", `--arn=arn:aws:iam::${account}:role/Admin`, `--mapping=${path}`]);
    expect([ran.exitCode, ran.stdout]).toEqual([6, expect.stringContaining("(YAML_BROKEN)\nrefused (MAPPING_ABSENT)")]);
  });

  it("names the session that it supposes where the entry asks for one", async () => {
    const path = write("aws-auth.yaml", awsAuth);
    const ran = await user.run(["authn", "explain", `--arn=arn:aws:iam::${account}:role/team/Admin`, `--mapping=${path}`]);
    expect(ran.stdout).toContain("for a session called session-name, for example: --session-name says another\n");
    expect(ran.stdout).toContain("username  admin:session-name\n");
  });
});

describe("kubepass authn lint of mappings", () => {
  it("finds what locks people out", async () => {
    const ran = await user.run(["authn", "lint", write("aws-auth.yaml", awsAuth)]);
    expect(ran.exitCode).toBe(2);
    for (const code of ["ROLE_PATH", "GROUP_TYPO", "SESSION_NAME_CHOSEN", "GROUPS_INVALID"]) expect(ran.stdout).toContain(`(${code})`);
    expect(ran.stdout).toContain("read as EKSConfigMap; 1 entries and 0 accounts count, errors: 1, warnings: 3");
  });

  it.each([
    ["an object", { kind: "IAMIdentityMapping", metadata: { name: "a" }, spec: { arn: "nonsense" } }, "CRD", "ARN_INVALID"],
    [
      "a list of objects",
      { kind: "List", items: [{ kind: "IAMIdentityMapping", metadata: { name: "a" }, spec: {} }] },
      "CRD",
      "ARN_MISSING",
    ],
    ["a dynamic file", { mapRoles: [{ rolearn: "nonsense", username: "a" }] }, "DynamicFile", "ARN_INVALID"],
    ["the data of aws-auth", { mapRoles: "- rolearn: [" }, "EKSConfigMap", "YAML_BROKEN"],
    ["a configuration", { server: { backendMode: "Magic" } }, "MountedFile", "BACKEND_UNKNOWN"],
  ])("knows %s by its form", async (_, document, backend, code) => {
    const ran = await user.run(["authn", "lint", write("file.json", JSON.stringify(document)), "--output=json"]);
    expect(ran.exitCode).toBe(2);
    expect(JSON.parse(ran.stdout)).toMatchObject({ backend, problems: expect.arrayContaining([expect.objectContaining({ code })]) });
  });

  it("warns of accounts without quotes, which other programs lose", async () => {
    const ran = await user.run(["authn", "lint", write("config.yaml", "clusterID: a\nserver:\n  mapAccounts: [012345678901]\n")]);
    expect([ran.exitCode, ran.stdout]).toEqual([0, expect.stringContaining("(ACCOUNT_UNQUOTED)")]);
  });
});
