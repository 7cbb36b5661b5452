import type { JsonObject, JsonValue } from "@kubepass/wire";
import type { Random } from "./random.ts";

const names = ["a", "b", "prod", "x y", "名"];
const certificate = Buffer.from("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n").toString("base64");
const key = Buffer.from("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n").toString("base64");
const servers = [
  "https://1.2.3.4:6443",
  "https://api.example.com",
  "https://api.example.com/",
  "https://rancher.example/k8s/clusters/c-1",
  "https://api.example/path?x=1",
  "https://api.example/pa%20th?x=1#f",
  "https://api.example/p#f",
  "https://api.example?x=1",
  "HTTPS://Upper.example/Path",
  "http://plain.example",
  "http://localhost:8080",
  "api.example.com:6443",
  "api.example",
  "1.2.3.4:6443",
  "https://[::1]:6443",
  "https://[::1",
  "https://:6443",
  "https:///x",
  "https:/one",
  "https:opaque",
  "ftp://x/y",
  "://",
  "https://u:p@h/x",
  "https://h:port",
  "https://h%zz/",
  "https://host/ spaced",
  "https://a b/",
  "/only/path",
  "*",
  "https://h/ü",
  "https://h//two//",
];
const proxies = [
  "http://proxy:3128",
  "https://proxy:3129",
  "socks5://proxy:1080",
  "socks5h://proxy",
  "ftp://proxy",
  "proxy:3128",
  "://",
  "%zz",
];
const files = ["ca.crt", "./ca.crt", "../shared/ca.crt", "/nowhere/ca.crt", "sub/dir/file.pem", "missing.pem", "~/x", "folder"];
const extensionValues: readonly JsonValue[] = [
  { audience: "x", nested: { list: [1, 2.5, true, null], text: "yes" } },
  "text",
  7,
  true,
  ["a", { b: "c" }],
  {},
  [],
  null,
];

/** A member that is there with some probability. */
type Option = readonly [probability: number, key: string, create: () => JsonValue];

function build(random: Random, options: readonly Option[]): JsonObject {
  const chosen = options.filter(([probability]) => random.chance(probability));
  return Object.fromEntries(chosen.map(([, name, create]) => [name, create()]));
}

function createExtensions(random: Random): JsonValue {
  const extensionNames = ["client.authentication.k8s.io/exec", "other", "minikube.sigs.k8s.io"];
  return random.some(extensionNames, 0.5).map((name) => ({ name, extension: random.pick(extensionValues) }));
}

function createCluster(random: Random): JsonObject {
  return build(random, [
    [0.92, "server", () => (random.chance(0.3) ? random.pick(servers) : "https://cluster.example:6443")],
    [0.15, "tls-server-name", () => random.pick(["name.example", "other"])],
    [0.15, "insecure-skip-tls-verify", () => random.chance(0.7)],
    [0.15, "certificate-authority", () => random.pick(files)],
    [
      0.4,
      "certificate-authority-data",
      () => random.pick(random.chance(0.98) ? [certificate, certificate, "", "AAE=", "AB=="] : ["A", "not base64!"]),
    ],
    [0.12, "proxy-url", () => (random.chance(0.7) ? "http://proxy:3128" : random.pick(proxies))],
    [0.1, "disable-compression", () => random.chance(0.8)],
    [0.3, "extensions", () => createExtensions(random)],
    [0.05, "unknown-field", () => ({ anything: [1] })],
  ]);
}

const modes = ["Never", "IfAvailable", "Always", "Sometimes", ""];
const versions = [
  "client.authentication.k8s.io/v1",
  "client.authentication.k8s.io/v1beta1",
  "client.authentication.k8s.io/v1alpha1",
  "",
  "v1",
];

function createExec(random: Random): JsonObject {
  return build(random, [
    [0.98, "command", () => random.pick(["kubepass", "./bin/plugin", "/usr/bin/plugin", "../up", "dir/./x/../plugin", ".\\plugin", ""])],
    [0.6, "args", () => random.pick<JsonValue>([["get-token", "oidc"], [], null, ["--flag=1", "two words", "1"], ["a", null]])],
    [
      0.4,
      "env",
      () => random.pick<JsonValue>([[{ name: "A", value: "1" }], [], null, [{ name: "", value: "x" }], [{ name: "B" }, { value: "c" }]]),
    ],
    [0.98, "apiVersion", () => random.pick([versions[0] ?? "", versions[0] ?? "", ...versions])],
    [0.3, "installHint", () => random.pick(["brew install kubepass", "\u001b[1mbold\u001b[0m", "line\nbreak\ttab", "emoji 🎫\u200b", ""])],
    [0.4, "provideClusterInfo", () => random.chance(0.7)],
    [0.9, "interactiveMode", () => (random.chance(0.9) ? random.pick(["IfAvailable", "Always", "Never"]) : random.pick(modes))],
  ]);
}

function createUser(random: Random): JsonObject {
  return build(random, [
    [0.1, "client-certificate", () => random.pick(files)],
    [0.2, "client-certificate-data", () => random.pick([certificate, certificate, ""])],
    [0.1, "client-key", () => random.pick(files)],
    [0.3, "client-key-data", () => random.pick([key, key, ""])],
    [0.3, "token", () => random.pick(["s3cret", "with\nbreak", ""])],
    [0.15, "tokenFile", () => random.pick(["token.txt", "./token.txt", "missing.txt", "/nowhere/token"])],
    [0.3, "as", () => random.pick(["jane", "system:admin"])],
    [0.06, "as-uid", () => "1234"],
    [0.08, "as-groups", () => random.pick([["dev", "ops"], ["one"], []])],
    [0.06, "as-user-extra", () => random.pick<JsonValue>([{ scopes: ["a", "b"] }, { reason: [], other: ["x"] }, {}])],
    [0.1, "username", () => "bob"],
    [0.1, "password", () => "pw"],
    [
      0.1,
      "auth-provider",
      () => ({ name: random.pick(["oidc", "gcp", "azure"]), config: random.pick<JsonValue>([{ "id-token": "x", n: "1" }, null, {}]) }),
    ],
    [0.35, "exec", () => createExec(random)],
    [0.1, "extensions", () => createExtensions(random)],
  ]);
}

function createContext(random: Random): JsonObject {
  return build(random, [
    [0.95, "cluster", () => random.pick(names)],
    [0.95, "user", () => random.pick(names)],
    [0.3, "namespace", () => random.pick(["kube-system", "default", "Not_A_Label", "x".repeat(64), "a-1"])],
    [0.1, "extensions", () => createExtensions(random)],
  ]);
}

function createList(random: Random, member: string, create: (random: Random) => JsonObject): JsonValue {
  const chosen = random.some(names, 0.75);
  const repeated = random.chance(0.02) && chosen[0] !== undefined ? [...chosen, chosen[0]] : chosen;
  return repeated.map((name) => (random.chance(0.01) ? { name } : { name, [member]: create(random) }));
}

/** A kubeconfig as a document: mostly sensible, with what people and programs get wrong. */
export function generateKubeconfig(random: Random): JsonObject {
  return build(random, [
    [0.95, "apiVersion", () => (random.chance(0.98) ? "v1" : random.pick(["v2", "", "apps/v1"]))],
    [0.95, "kind", () => (random.chance(0.98) ? "Config" : random.pick(["List", "", "config"]))],
    [
      0.1,
      "preferences",
      () => random.pick<JsonValue>([{}, { colors: true }, { colors: false, extensions: [{ name: "p", extension: 1 }] }]),
    ],
    [0.97, "clusters", () => createList(random, "cluster", createCluster)],
    [0.97, "users", () => createList(random, "user", createUser)],
    [0.97, "contexts", () => createList(random, "context", createContext)],
    [0.85, "current-context", () => random.pick([...names, ""])],
    [0.1, "extensions", () => createExtensions(random)],
  ]);
}
