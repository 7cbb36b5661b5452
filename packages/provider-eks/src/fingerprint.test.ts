import { getCredential, type OptionValues } from "@kubepass/plugin-sdk";
import type { FakeHost, FakeHostOptions } from "@kubepass/plugin-sdk/testing";
import type { AwsKey } from "@kubepass/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { loadEksProvider } from "./provider.ts";
import { type EksScene, getToken, keyVariables, requestFor, startEksScene, whoIs, writeHomeFile } from "./test-support/scene.ts";

const serial = "arn:aws:iam::123456789012:mfa/anna";
const pod = "arn:aws:iam::123456789012:role/pod";
const admin = "arn:aws:iam::123456789012:role/admin";

let scene: EksScene;
let anna: AwsKey;
let berta: AwsKey;
const hosts: FakeHost[] = [];

beforeAll(async () => {
  scene = await startEksScene();
  const { accounts } = scene.aws;
  anna = accounts.addUser("anna");
  berta = accounts.addUser("berta");
  accounts.addRole({ arn: admin });
  accounts.addRole({ arn: pod, webIdentityTokens: ["pod-token"] });
  accounts.addDevice({ serial, code: "123456" });
});

afterEach(() => {
  for (const host of hosts.splice(0)) host.remove();
});

afterAll(async () => await scene.close());

function createHost(options: FakeHostOptions = {}): FakeHost {
  const host = scene.createHost(options);
  hosts.push(host);
  scene.aws.clock = () => host.clock.now();
  return host;
}

function writeKeys(host: FakeHost, key: AwsKey): void {
  const text = `[p]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`;
  writeHomeFile(host, ".aws/credentials", text);
}

/** A profile whose process prints the keys; AWS's SDK reads it by itself. */
function writeProcess(host: FakeHost, key: AwsKey): void {
  const keys = { Version: 1, AccessKeyId: key.accessKeyId, SecretAccessKey: key.secretAccessKey };
  const file = writeHomeFile(host, `${key.accessKeyId}.json`, JSON.stringify(keys));
  writeHomeFile(host, ".aws/config", `[profile p]\ncredential_process = /bin/cat ${file}\n`);
}

test.each<[string, typeof writeKeys, OptionValues]>([
  ["keys", writeKeys, {}],
  ["keys and an MFA code", writeKeys, { "mfa-serial": serial }],
  ["a process", writeProcess, {}],
])("a profile with %s that was another one while the token was made", async (_what, write, more) => {
  const host = createHost({ answers: ["123456", "123456", "123456"] });
  const values = { profile: "p", ...more };
  write(host, anna);
  const request = await requestFor(values, host);
  write(host, berta);
  await getCredential(request, host);
  write(host, anna);
  expect(await whoIs(await getToken(values, host), host)).toContain("user/anna");
  host.advance(14.5 * 60_000);
  expect(await whoIs(await getToken(values, host), host)).toContain("user/anna");
  write(host, berta);
  expect(await whoIs(await getToken(values, host), host)).toContain("user/berta");
});

test("a role on the keys in variables is taken on anew with other keys", async () => {
  const host = createHost();
  writeHomeFile(host, ".aws/config", `[profile p]\nrole_arn = ${admin}\ncredential_source = Environment\n`);
  const takeOn = async (key: AwsKey): Promise<number> => {
    const before = scene.aws.requests.length;
    await getToken({ profile: "p" }, createHost({ sharedWith: host, variables: keyVariables(key) }));
    return scene.aws.requests.slice(before).filter(({ action }) => action === "AssumeRole").length;
  };
  expect(await takeOn(anna)).toBe(1);
  expect(await takeOn(anna)).toBe(0);
  expect(await takeOn(berta)).toBe(1);
});

test.each(["variables", "profile"])("a web identity of %s whose token was replaced is another one", async (place) => {
  const root = createHost();
  const file = writeHomeFile(root, "token", "pod-token");
  writeHomeFile(root, ".aws/config", `[profile p]\nrole_arn = ${pod}\nweb_identity_token_file = ${file}\n`);
  const values = place === "profile" ? { profile: "p" } : {};
  const variables = place === "profile" ? {} : { AWS_ROLE_ARN: pod, AWS_WEB_IDENTITY_TOKEN_FILE: file };
  const host = createHost({ sharedWith: root, variables });
  const token = await getToken(values, host);
  expect(await getToken(values, host)).toBe(token);
  writeHomeFile(root, "token", "another");
  await expect(getToken(values, host)).rejects.toMatchObject({ code: "ISSUER_REFUSED" });
});

test.each<[string, Record<string, string>, boolean]>([
  ["what it may ask", { VAULT_TOKEN: "other" }, false],
  ["the size of the window", { LINES: "40", PWD: "/other", SHLVL: "3" }, true],
])("a process counts with its environment: %s", async (_what, change, isSame) => {
  const root = createHost();
  writeProcess(root, anna);
  const fingerprintOf = async (variables: Record<string, string>): Promise<string | undefined> => {
    const host = createHost({ sharedWith: root, variables: { VAULT_TOKEN: "one", ...variables } });
    return (await loadEksProvider({ "cluster-name": "prod", profile: "p" }, host)).sourceFingerprint;
  };
  expect((await fingerprintOf(change)) === (await fingerprintOf({}))).toBe(isSame);
});
