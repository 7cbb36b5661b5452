import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createAuthority } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";
import type { PluginOptions } from "../exec/plugin-options.ts";
import type { ResolvedCluster, ResolvedConfig, ResolvedExec, ResolvedUser } from "../resolved-config.ts";
import { createConfig, createExec, createFolder, createTestClientHost } from "../test-support/client-scene.ts";
import { ClusterAccess, type KeyedPlugin } from "./cluster-access.ts";
import type { ConnectionPool } from "./connection-pool.ts";

const authority = createAuthority();

function openAccess(plugins: PluginOptions = {}): ClusterAccess {
  const access = new ClusterAccess(createTestClientHost(), { plugins });
  onTestFinished(() => access.close());
  return access;
}

// Built anew for each comparison, so that nothing is the same only because it is the same object.
const describeExec = (more: Partial<ResolvedExec> = {}): ResolvedExec => ({
  ...createExec("plugin"),
  args: ["a", "b"],
  env: [
    { name: "A", value: new Secret("1") },
    { name: "B", value: new Secret("2") },
  ],
  installHint: "hint",
  provideClusterInfo: true,
  clusterConfig: { audience: "x", list: [1, { y: null }] },
  ...more,
});

const describePluginCluster = (more: Partial<ResolvedCluster> = {}): Partial<ResolvedCluster> => ({
  server: "https://one.example:6443",
  tlsServerName: "name",
  certificateAuthority: { pem: "AUTHORITY" },
  proxyUrl: "http://proxy.example:1",
  ...more,
});

const execChanges: readonly (readonly [string, Partial<ResolvedExec>])[] = [
  ["command", { command: "other" }],
  ["one argument of two", { args: ["a b"] }],
  ["the order of arguments", { args: ["b", "a"] }],
  ["an empty argument", { args: ["a", "b", ""] }],
  ["no arguments", { args: [] }],
  [
    "the value of a variable",
    {
      env: [
        { name: "A", value: new Secret("1") },
        { name: "B", value: new Secret("3") },
      ],
    },
  ],
  [
    "the name of a variable",
    {
      env: [
        { name: "A", value: new Secret("1") },
        { name: "C", value: new Secret("2") },
      ],
    },
  ],
  ["one variable less", { env: [{ name: "A", value: new Secret("1") }] }],
  ["a variable that holds another", { env: [{ name: "A", value: new Secret("1\nB=2") }] }],
  ["apiVersion", { apiVersion: "client.authentication.k8s.io/v1beta1" }],
  ["installHint", { installHint: "another" }],
  ["interactiveMode", { interactiveMode: "IfAvailable" }],
  ["provideClusterInfo", { provideClusterInfo: false }],
  ["the cluster's extension", { clusterConfig: { audience: "x", list: [1, { y: false }] } }],
  ["no extension", { clusterConfig: undefined }],
];

function getPlugin(access: ClusterAccess, exec: ResolvedExec, cluster = describePluginCluster(), user = "somebody"): KeyedPlugin {
  return access.getPlugin(createConfig(cluster, { name: user }), exec);
}

test("the same stanza is the same plugin, whoever has it, and however its extension is ordered", () => {
  const access = openAccess();
  const { plugin, key } = getPlugin(access, describeExec());
  expect(getPlugin(access, describeExec())).toEqual({ plugin, key });
  expect(getPlugin(access, describeExec()).plugin).toBe(plugin);
  expect(getPlugin(access, describeExec(), describePluginCluster(), "another").plugin).toBe(plugin);
  const ordered = { clusterConfig: { list: [1, { y: null }], audience: "x" } };
  expect(getPlugin(access, describeExec(ordered)).plugin).toBe(plugin);
});

test.each(execChanges)("another plugin runs for a stanza that differs in %s", (_, change) => {
  const access = openAccess();
  const [one, other] = [getPlugin(access, describeExec()), getPlugin(access, describeExec(change))];
  expect(other.plugin).not.toBe(one.plugin);
  expect(other.key).not.toBe(one.key);
  expect(getPlugin(access, describeExec(change)).plugin).toBe(other.plugin);
});

const clusterChanges: readonly (readonly [string, Partial<ResolvedCluster>])[] = [
  ["server", { server: "https://two.example:6443" }],
  ["server name", { tlsServerName: "" }],
  ["authority", { certificateAuthority: { pem: "ANOTHER" } }],
  ["verification", { insecureSkipTlsVerify: true }],
  ["proxy", { proxyUrl: undefined }],
  ["compression", { disableCompression: true }],
];

test.each(clusterChanges)("a plugin that is told of the cluster is another one where it has another %s, else the same", (_, change) => {
  const access = openAccess();
  const changed = describePluginCluster(change);
  expect(getPlugin(access, describeExec(), changed).plugin).not.toBe(getPlugin(access, describeExec()).plugin);
  const blind = { provideClusterInfo: false };
  expect(getPlugin(access, describeExec(blind), changed).plugin).toBe(getPlugin(access, describeExec(blind)).plugin);
});

test("under another policy a plugin has another key", () => {
  const policies: readonly PluginOptions["policy"][] = [
    undefined,
    { type: "AllowAll" },
    { type: "DenyAll" },
    { type: "Allowlist", allowlist: ["a", "b"] },
    { type: "Allowlist", allowlist: ["a"] },
    { type: "Allowlist", allowlist: ["a b"] },
  ];
  const keys = policies.map((policy) => getPlugin(openAccess({ policy }), describeExec()).key);
  expect(new Set(keys).size).toBe(policies.length);
});

interface PoolScene {
  readonly getPool: (cluster?: Partial<ResolvedCluster>, user?: Partial<ResolvedUser>, more?: Partial<ResolvedConfig>) => ConnectionPool;
  /** Files with the same content under other names, and other content. */
  readonly files: { readonly authority: string; readonly certificate: string; readonly key: string };
  readonly pems: { readonly authority: string; readonly otherAuthority: string };
}

async function createPoolScene(): Promise<PoolScene> {
  const access = openAccess();
  const trusted = await authority;
  const own = await trusted.issue();
  const folder = createFolder();
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const files = {
    authority: write("ca", trusted.certificatePem),
    certificate: write("cert", own.certificatePem),
    key: write("key", own.privateKeyPem),
  };
  const pems = { authority: trusted.certificatePem, otherAuthority: (await createAuthority("another")).certificatePem };
  const base = {
    server: "https://one.example:6443",
    certificateAuthority: { pem: pems.authority },
    proxyUrl: "http://u:p@proxy.example:1",
  };
  const getPool: PoolScene["getPool"] = (cluster = {}, user = {}, more = {}) => {
    const config = { ...createConfig({ ...base, ...cluster }, user), ...more };
    const plugin = user.exec && access.getPlugin(config, user.exec);
    const { clientCertificate: certificate, clientKey: key } = user;
    const source = certificate === undefined || key === undefined ? undefined : { certificate, key };
    return access.getPool(config, new URL(config.cluster.server), { certificate: source, plugin });
  };
  return { getPool, files, pems };
}

test("connections are shared by all who differ in nothing that a connection shows", async () => {
  const { getPool } = await createPoolScene();
  const pool = getPool();
  expect(getPool()).toBe(pool);
  const impersonation = { user: "alice", uid: "", groups: [], extra: new Map() };
  for (const user of [{ name: "another" }, { token: new Secret("t") }, { username: "u", password: new Secret("p") }, { impersonation }]) {
    expect(getPool({}, user)).toBe(pool);
  }
  for (const cluster of [{ name: "another" }, { server: "https://one.example:6443/base" }, { disableCompression: true }]) {
    expect(getPool(cluster)).toBe(pool);
  }
  expect(getPool({}, {}, { namespace: "another", context: "another", timeoutMs: 5 })).toBe(pool);
});

test("connections are shared by nobody with another server, proxy or trust", async () => {
  const { getPool, files, pems } = await createPoolScene();
  const changes: readonly Partial<ResolvedCluster>[] = [
    {},
    { server: "https://two.example:6443" },
    { server: "https://one.example:6444" },
    { server: "http://one.example:6443" },
    { tlsServerName: "name" },
    { insecureSkipTlsVerify: true, certificateAuthority: undefined },
    { certificateAuthority: undefined },
    { certificateAuthority: { pem: pems.otherAuthority } },
    { certificateAuthority: { file: files.authority } },
    ...["http://u:p@proxy.example:2", "http://u:p@other.example:1", "https://u:p@proxy.example:1", "socks5://u:p@proxy.example:1"].map(
      (proxyUrl) => ({ proxyUrl }),
    ),
    ...["http://proxy.example:1", "http://v:p@proxy.example:1", "http://u:q@proxy.example:1"].map((proxyUrl) => ({ proxyUrl })),
    { proxyUrl: undefined },
  ];
  const pools = changes.map((change) => getPool(change));
  expect(new Set(pools).size).toBe(changes.length);
  changes.forEach((change, at) => expect(getPool(change)).toBe(pools[at]));
});

test("connections are shared by nobody with another certificate or plugin", async () => {
  const { getPool, files } = await createPoolScene();
  const [own, other] = [await (await authority).issue(), await (await authority).issue()];
  const users: readonly Partial<ResolvedUser>[] = [
    {},
    { clientCertificate: { file: files.certificate }, clientKey: { file: files.key } },
    { clientCertificate: { pem: own.certificatePem }, clientKey: { pem: new Secret(own.privateKeyPem) } },
    { clientCertificate: { pem: other.certificatePem }, clientKey: { pem: new Secret(other.privateKeyPem) } },
    { exec: describeExec() },
    { exec: describeExec({ args: [] }) },
  ];
  const pools = users.map((user) => getPool({}, user));
  expect(new Set(pools).size).toBe(users.length);
  users.forEach((user, at) => expect(getPool({}, user)).toBe(pools[at]));
});
