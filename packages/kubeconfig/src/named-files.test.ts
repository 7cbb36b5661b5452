import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLatePipe } from "@kubepass/testkit";
import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "./apply/cluster.ts";
import { ClusterAccess } from "./apply/cluster-access.ts";
import { writeAllowlist } from "./audit/write-allowlist.ts";
import { describeCluster } from "./exec/describe-cluster.ts";
import { loadPluginPolicy } from "./exec/load-plugin-policy.ts";
import { loadConfig } from "./load-config.ts";
import { TokenFile } from "./credentials/token-file.ts";
import { createConfig, createExec, createFolder, createTestClientHost } from "./test-support/client-scene.ts";

const largestBytes = 1024 * 1024;

function openCluster(cluster: Parameters<typeof createConfig>[0], user: Parameters<typeof createConfig>[1] = {}): Cluster {
  const access = new ClusterAccess(createTestClientHost());
  onTestFinished(() => access.close());
  return new Cluster(createConfig({ server: "https://127.0.0.1:1", ...cluster }, user), access);
}

function load(user: object, cluster: object = {}): unknown {
  const path = join(createFolder(), "config");
  const document = {
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1", ...cluster } }],
    users: [{ name: "u", user }],
  };
  writeFileSync(path, JSON.stringify(document));
  return loadConfig({ variables: { KUBECONFIG: path }, platform: "linux" });
}

/** Everybody who reads a file that a kubeconfig or a person names. */
const readers: readonly (readonly [string, (path: string) => unknown])[] = [
  ["a certificate authority", (file) => openCluster({ certificateAuthority: { file } })],
  ["a client certificate", (file) => openCluster({}, { clientCertificate: { file }, clientKey: { file } })],
  [
    "what a plugin is told of the authority",
    (file) => describeCluster(createConfig({ certificateAuthority: { file } }), createExec("x", { provideClusterInfo: true })),
  ],
  ["a token file", async (file) => await new TokenFile(file, undefined, createTestClientHost()).get()],
  ["the token file of a kubeconfig", (tokenFile) => load({ tokenFile })],
  ["the kuberc", (file) => loadPluginPolicy(createTestClientHost({ KUBERC: file }))],
];

const problems: readonly (readonly [string, (path: string) => void, RegExp, RegExp])[] = [
  ["is a folder", (path) => mkdirSync(path), /EISDIR|is a directory/, /name a file/],
  ["is a link to itself", (path) => symlinkSync(path, path), /ELOOP|symbolic links/, /circle/],
  ["is not there", () => {}, /ENOENT|no such file/, /./],
  ["is too large", (path) => writeFileSync(path, Buffer.alloc(largestBytes + 1, 32)), /is larger than 1048576 bytes/, /is this really /],
  ["is a pipe", makePipe, /is not a regular file/, /pipes/],
  ["is a device", (path) => symlinkSync("/dev/zero", path), /is not a regular file/, /devices/],
];

function makePipe(path: string): void {
  onTestFinished(createLatePipe(path));
}

const cases = readers.flatMap(([what, read]) => problems.map(([is, make, message, hint]) => ({ what, read, is, make, message, hint })));

test.each(cases)("$what that $is is refused with a hint", async ({ read, make, message, hint }) => {
  const path = join(createFolder(), "file");
  make(path);
  const reading = (async () => await read(path))();
  await expect(reading).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
});

test("a file of the largest size is read", async () => {
  const path = join(createFolder(), "token");
  writeFileSync(path, "t".repeat(largestBytes));
  expect((await new TokenFile(path, undefined, createTestClientHost()).get()).reveal()).toHaveLength(largestBytes);
});

test("a kubeconfig that names a pipe for a certificate is judged without waiting for it", () => {
  const path = join(createFolder(), "pipe");
  makePipe(path);
  expect(load({ "client-certificate": path, "client-key": path }, { "certificate-authority": path })).toMatchObject({
    user: { clientCertificate: { file: path } },
  });
});

test("an allowlist is not written into a pipe", async () => {
  const path = join(createFolder(), "kuberc");
  makePipe(path);
  await expect(writeAllowlist(path, ["/bin/true"])).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});
