import type { Random } from "../kubeconfig-cases/random.ts";
import type { CertificateFiles } from "../test-support/certificates.ts";

/** What a plugin prints, and with which code it ends. */
export interface PluginAnswer {
  readonly name: string;
  readonly text: string;
  readonly exitCode: number;
  /** The code of the error that it is; absent when it is good. */
  readonly failure?: string;
}

/** One request, sent so often at once. */
export interface RequestStep {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly count: number;
  /** What happens first: files get the content of others, and real time passes. */
  readonly before?: { readonly copies: readonly (readonly [from: string, to: string])[]; readonly waitMs: number };
}

/** One client, what its plugin and its server do, and what it is asked for. */
export interface RequestCase {
  readonly name: string;
  /** The user of the kubeconfig, but for the plugin's command. */
  readonly user: Readonly<Record<string, unknown>>;
  readonly exec: Readonly<Record<string, unknown>> | undefined;
  /** The cluster of the kubeconfig, but for server and authority. */
  readonly cluster: Readonly<Record<string, unknown>>;
  /** What the plugin prints at its first run, its second, and so on; the last for ever. */
  readonly answers: readonly PluginAnswer[];
  readonly statuses: readonly number[];
  /** Files of the case's folder, which user and steps name as `@FOLDER@`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether the server asks for a client certificate. */
  readonly isCertificateAsked: boolean;
  readonly steps: readonly RequestStep[];
}

/** Client certificates that plugins print. */
export interface CaseCertificates {
  readonly first: { readonly certificate: string; readonly key: string };
  readonly second: { readonly certificate: string; readonly key: string };
  /** As files, for a user entry. */
  readonly files: CertificateFiles;
}

const versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
const past = "2020-01-01T00:00:00Z";
const future = "2100-01-01T00:00:00Z";

function formatDocument(version: string, status: unknown, more: object = {}): string {
  return JSON.stringify({ apiVersion: version, kind: "ExecCredential", status, ...more });
}

/** Every kind of good answer. */
function listGood(version: string, { first, second }: CaseCertificates): readonly PluginAnswer[] {
  const answer = (name: string, text: string): PluginAnswer => ({ name, text, exitCode: 0 });
  const pair = (of: CaseCertificates["first"]): object => ({ clientCertificateData: of.certificate, clientKeyData: of.key });
  return [
    answer("token", formatDocument(version, { token: "one" })),
    answer("another token", formatDocument(version, { token: "two" })),
    answer("token until later", formatDocument(version, { token: "three", expirationTimestamp: future })),
    answer("expiry null", formatDocument(version, { token: "four", expirationTimestamp: null })),
    answer("certificate", formatDocument(version, pair(first))),
    answer("another certificate", formatDocument(version, pair(second))),
    answer("certificate and token", formatDocument(version, { ...pair(first), token: "five", expirationTimestamp: future })),
    answer("YAML", `apiVersion: ${version}\nkind: ExecCredential\nstatus:\n  token: six\n`),
    answer("YAML with more documents", `apiVersion: ${version}\nkind: ExecCredential\nstatus: {token: seven}\n---\nx: 1\n`),
    answer("no kind", JSON.stringify({ apiVersion: version, status: { token: "eight" } })),
    answer("unknown fields", formatDocument(version, { token: "nine", later: true }, { spec: { interactive: true, x: 1 }, metadata: {} })),
    answer("white space", ` \n${formatDocument(version, { token: "ten" })}\n\n`),
    answer("fraction", formatDocument(version, { token: "eleven", expirationTimestamp: "2100-01-01T00:00:00.123456789+02:00" })),
  ];
}

/** Every kind of bad answer. */
function listBad(version: string, { first, second }: CaseCertificates): readonly PluginAnswer[] {
  const answer = (name: string, text: string, exitCode = 0): PluginAnswer => {
    return { name, text, exitCode, failure: exitCode === 0 ? "CREDENTIAL_INVALID" : "PLUGIN_FAILED" };
  };
  const other = versions.find((each) => each !== version) ?? "";
  return [
    answer("nothing", ""),
    answer("HTML", "<html><body>Sign in</body></html>"),
    answer("half", '{"kind":"ExecCred'),
    answer("two documents", `${formatDocument(version, { token: "a" })}${formatDocument(version, { token: "b" })}`),
    answer("a list", "[]"),
    answer("a text", '"token"'),
    answer("another version", formatDocument(other, { token: "a" })),
    answer("an unknown version", formatDocument("client.authentication.k8s.io/v9", { token: "a" })),
    answer("no version", JSON.stringify({ kind: "ExecCredential", status: { token: "a" } })),
    answer("another kind", JSON.stringify({ apiVersion: version, kind: "Status", status: { token: "a" } })),
    answer("no status", formatDocument(version, undefined)),
    answer("status null", formatDocument(version, null)),
    answer("an empty status", formatDocument(version, {})),
    answer("an empty token", formatDocument(version, { token: "" })),
    answer("a token that is a number", formatDocument(version, { token: 5 })),
    answer("a certificate alone", formatDocument(version, { clientCertificateData: first.certificate })),
    answer("a key alone", formatDocument(version, { token: "a", clientKeyData: first.key })),
    answer("a certificate that is none", formatDocument(version, { clientCertificateData: "x", clientKeyData: "y" })),
    answer("a key of another", formatDocument(version, { clientCertificateData: first.certificate, clientKeyData: second.key })),
    answer("a timestamp that is none", formatDocument(version, { token: "a", expirationTimestamp: "soon" })),
    answer("an empty timestamp", formatDocument(version, { token: "a", expirationTimestamp: "" })),
    answer("a timestamp without zone", formatDocument(version, { token: "a", expirationTimestamp: "2100-01-01T00:00:00" })),
    answer("30 February", formatDocument(version, { token: "a", expirationTimestamp: "2100-02-30T00:00:00Z" })),
    answer("exit 1", formatDocument(version, { token: "a" }), 1),
    answer("exit 3 in silence", "", 3),
  ];
}

/** Answers whose timestamp matters. */
function listOld(version: string, { first, second }: CaseCertificates): readonly PluginAnswer[] {
  const answer = (name: string, status: object): PluginAnswer => ({ name, text: formatDocument(version, status), exitCode: 0 });
  const mixed = { clientCertificateData: first.certificate, clientKeyData: second.key };
  return [
    answer("expired token", { token: "old", expirationTimestamp: past }),
    answer("expired certificate", { clientCertificateData: first.certificate, clientKeyData: first.key, expirationTimestamp: past }),
    { ...answer("a key of another until later", { ...mixed, expirationTimestamp: future }), failure: "CREDENTIAL_INVALID" },
    answer("year one", { token: "ancient", expirationTimestamp: "0001-01-01T00:00:00Z" }),
  ];
}

function pickAnswers(random: Random, version: string, certificates: CaseCertificates): readonly PluginAnswer[] {
  const [good, bad] = [listGood(version, certificates), listBad(version, certificates)];
  const old = listOld(version, certificates);
  return Array.from({ length: 4 }, () => random.pick(random.pick([good, good, good, bad, bad, old])));
}

function pickExec(random: Random, version: string): Readonly<Record<string, unknown>> {
  return {
    apiVersion: random.chance(0.03) ? "client.authentication.k8s.io/v1alpha1" : version,
    interactiveMode: random.chance(0.08) ? "Always" : random.pick(["Never", "IfAvailable"]),
    provideClusterInfo: random.chance(0.4),
    ...(random.chance(0.3) ? { args: ["--flag", "a b"], env: [{ name: "CASE", value: "x=y" }] } : {}),
  };
}

function pickUser(random: Random, { files }: CaseCertificates): Readonly<Record<string, unknown>> {
  const as = { as: "alice", "as-uid": "7", "as-groups": ["one", "two"], "as-user-extra": { "a.b/c %": ["x", "y"], plain: ["z"] } };
  return {
    ...(random.chance(0.25) ? as : {}),
    ...(random.chance(0.1) ? { token: "static" } : {}),
    ...(random.chance(0.05) ? { username: "bob", password: "pa:ss" } : {}),
    ...(random.chance(0.1) ? { "client-certificate": files.certificate, "client-key": files.key } : {}),
  };
}

function pickStep(random: Random): RequestStep {
  const method = random.pick(["GET", "GET", "POST", "DELETE"]);
  const headers = random.chance(0.05) ? { Authorization: "Bearer mine" } : {};
  return { method, path: "/api", headers, body: method === "POST" ? '{"a":1}' : "", count: 1 };
}

/** One case; the same numbers give the same case. */
export function generateRequestCase(name: string, random: Random, certificates: CaseCertificates): RequestCase {
  const version = random.pick(versions);
  const user = pickUser(random, certificates);
  const extensions = [{ name: "client.authentication.k8s.io/exec", extension: { audience: "a", n: [1, null] } }];
  return {
    name,
    user,
    exec: random.chance(0.9) ? pickExec(random, version) : undefined,
    cluster: random.chance(0.3) ? { extensions, "tls-server-name": "localhost", "disable-compression": true } : {},
    answers: pickAnswers(random, version, certificates),
    isCertificateAsked: random.chance(0.6),
    statuses: Array.from({ length: 5 }, () => random.pick([200, 200, 401, 403, 500])),
    steps: Array.from({ length: 4 }, () => pickStep(random)),
  };
}

/** An answer that is bad but for its timestamp, after one that has expired. */
export function createStaleExpiryCase(name: string, certificates: CaseCertificates): RequestCase {
  const version = versions[0] ?? "";
  const old = listOld(version, certificates);
  return {
    name,
    user: {},
    exec: { apiVersion: version, interactiveMode: "Never" },
    cluster: {},
    answers: ["expired token", "a key of another until later"].flatMap((wanted) => old.filter((each) => each.name === wanted)),
    isCertificateAsked: false,
    statuses: [],
    steps: Array.from({ length: 3 }, () => ({ method: "GET", path: "/api", headers: {}, body: "", count: 1 })),
  };
}

/** Many requests at once for a credential that is good. */
export function createCrowdCase(name: string, certificates: CaseCertificates, index: number): RequestCase {
  const version = versions[0] ?? "";
  const good = listGood(version, certificates);
  const answer = good[index % good.length] ?? { name: "", text: "", exitCode: 0 };
  return {
    name,
    user: {},
    exec: { apiVersion: version, interactiveMode: "Never" },
    cluster: {},
    answers: [answer],
    isCertificateAsked: true,
    statuses: [],
    steps: [{ method: "GET", path: "/api", headers: {}, body: "", count: 40 }],
  };
}
