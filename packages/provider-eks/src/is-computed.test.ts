import type { OptionValues } from "@kubepass/plugin-sdk";
import type { FakeHost } from "@kubepass/plugin-sdk/testing";
import type { AwsKey } from "@kubepass/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { loadEksProvider } from "./provider.ts";
import { type EksScene, getToken, keyVariables, startEksScene, whoIs, writeHomeFile } from "./test-support/scene.ts";

const admin = "arn:aws:iam::123456789012:role/admin";

let scene: EksScene;
let anna: AwsKey;
let host: FakeHost;

beforeAll(async () => {
  scene = await startEksScene();
  anna = scene.aws.accounts.addUser("anna");
});

beforeEach(() => {
  host = scene.createHost();
  scene.aws.clock = () => host.clock.now();
});

afterEach(() => host.remove());
afterAll(async () => await scene.close());

function formatKeys({ accessKeyId, secretAccessKey }: AwsKey): string {
  return `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
}

test.each<[boolean, string, string, OptionValues]>([
  [true, "keys in a profile", "[p]\nKEYS", {}],
  [false, "keys and a role in a profile", `[p]\nKEYSrole_arn = ${admin}\nsource_profile = p\n`, {}],
  [false, "a role of the options", "[p]\nKEYS", { "role-arn": [admin] }],
  [false, "an MFA code", "[p]\nKEYS", { "mfa-serial": "arn:aws:iam::123456789012:mfa/anna" }],
  [false, "half of the keys", "[p]\naws_access_key_id = AKIDEXAMPLE\n", {}],
  [false, "a process", "[p]\ncredential_process = /bin/true\n", {}],
  [false, "IAM Identity Center", "[p]\nsso_start_url = https://x.example\nsso_region = us-west-2\n", {}],
])("whether a token is made here and at once (%s): %s", async (is, _what, text, more) => {
  writeHomeFile(host, ".aws/credentials", text.replace("KEYS", formatKeys(anna)));
  const provider = await loadEksProvider({ "cluster-name": "prod", profile: "p", ...more }, host);
  expect(provider.isComputed).toBe(is);
});

test("what is made here and at once asks nobody, by keys in variables as by a profile's", async () => {
  writeHomeFile(host, ".aws/credentials", `[p]\n${formatKeys(anna)}`);
  const withKeys = scene.createHost({ sharedWith: host, variables: keyVariables(anna) });
  const before = scene.proxyTargets.length;
  const tokens = [await getToken({ profile: "p" }, host), await getToken({}, withKeys)];
  expect(scene.proxyTargets.length).toBe(before);
  for (const token of tokens) expect(await whoIs(token, host)).toBe("arn:aws:iam::123456789012:user/anna");
});

test("after a refused role the mended profile is tried at once, the broken one is not", async () => {
  const other = scene.aws.accounts.addUser("other");
  scene.aws.accounts.addRole({ arn: admin, trusts: ["arn:aws:iam::123456789012:user/anna"] });
  const write = (key: AwsKey): void =>
    void writeHomeFile(host, ".aws/credentials", `[keys]\n${formatKeys(key)}[p]\nrole_arn = ${admin}\nsource_profile = keys\n`);
  write(other);
  await expect(getToken({ profile: "p" }, host)).rejects.toThrow(expect.objectContaining({ code: "ISSUER_REFUSED" }));
  const before = scene.proxyTargets.length;
  await expect(getToken({ profile: "p" }, host)).rejects.toThrow(
    expect.objectContaining({ message: expect.stringContaining("not tried again yet") as string }),
  );
  expect(scene.proxyTargets.length).toBe(before);
  write(anna);
  expect(await whoIs(await getToken({ profile: "p" }, host), host)).toContain("assumed-role/admin/");
});
