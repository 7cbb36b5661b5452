import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Host } from "@kubepass/plugin-sdk";
import { formatPrintable, isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { parse } from "yaml";

/** A context whose user runs kubepass, as the kubeconfig says it. Nothing of it has been run, and nothing may be. */
export interface KubepassContext {
  readonly name: string;
  readonly kubeconfig: string;
  readonly isCurrent: boolean;
  readonly cluster: string | undefined;
  readonly user: string;
  /** What follows the program's name. */
  readonly argv: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** The cluster extension, when the user asks for it to be handed over. */
  readonly clusterConfig: JsonValue | undefined;
}

const maxBytes = 16 * 1024 * 1024;
const extensionName = "client.authentication.k8s.io/exec";

function listPaths(host: Pick<Host, "directories" | "environment">): readonly string[] {
  const given = host.environment.variables["KUBECONFIG"] ?? "";
  const paths = given.split(delimiter).filter((path) => path !== "");
  return paths.length > 0 ? paths.filter((path) => isAbsolute(path)) : [join(host.directories.home, ".kube", "config")];
}

function readSmallFile(path: string): string {
  const file = openSync(path, "r");
  try {
    const facts = fstatSync(file);
    if (!facts.isFile() || facts.size > maxBytes) throw new Error("not a regular file of a usual size");
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

function loadKubeconfig(path: string, host: Pick<Host, "log">): JsonObject | undefined {
  try {
    const value: unknown = parse(readSmallFile(path), { maxAliasCount: 50, logLevel: "error" });
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    // A parser's message may quote the file, and with it a token.
    if (!isAbsent) host.log.warn("leaving out a kubeconfig that cannot be read", { path });
    return undefined;
  }
}

function listNamed(document: JsonObject, list: string, member: string): readonly (readonly [string, JsonObject])[] {
  const items = document[list];
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: unknown): [string, JsonObject][] => {
    if (!isJsonObject(item)) return [];
    const name = item["name"];
    const content = item[member];
    return typeof name === "string" && isJsonObject(content) ? [[name, content]] : [];
  });
}

function listTexts(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** The arguments after the program, when a user entry runs kubepass, itself or as `kubectl pass`. */
function findArguments(exec: JsonObject): readonly string[] | undefined {
  const command = exec["command"];
  if (typeof command !== "string") return undefined;
  const program = command.replace(/^.*[/\\]/, "").replace(/\.exe$/i, "");
  const args = listTexts(exec["args"]);
  const own = program === "kubectl" && args[0] === "pass" ? args.slice(1) : args;
  const isKubepass = program === "kubepass" || program === "kubectl-pass" || own !== args;
  return isKubepass && own.includes("get-token") ? own : undefined;
}

function readVariables(exec: JsonObject): Readonly<Record<string, string>> {
  const items: unknown = exec["env"];
  if (!Array.isArray(items)) return {};
  const members = items.flatMap((item: unknown): [string, string][] => {
    if (!isJsonObject(item)) return [];
    const { name, value } = item;
    return typeof name === "string" && typeof value === "string" ? [[name, value]] : [];
  });
  return Object.fromEntries(members);
}

function findExtension(cluster: JsonObject | undefined): JsonValue | undefined {
  const extensions = cluster === undefined ? [] : listNamed(cluster, "extensions", "extension");
  return extensions.find(([name]) => name === extensionName)?.[1];
}

/** Earlier files win, as with kubectl: what is there already is not replaced. */
function mergeNamed(documents: readonly JsonObject[], list: string, member: string): ReadonlyMap<string, JsonObject> {
  return new Map(documents.toReversed().flatMap((document) => listNamed(document, list, member).toReversed()));
}

function describeContext(
  name: string,
  context: JsonObject,
  users: ReadonlyMap<string, JsonObject>,
  clusters: ReadonlyMap<string, JsonObject>,
): Omit<KubepassContext, "kubeconfig" | "isCurrent"> | undefined {
  const { user, cluster } = context;
  const exec = typeof user === "string" ? users.get(user)?.["exec"] : undefined;
  if (typeof user !== "string" || !isJsonObject(exec)) return undefined;
  const argv = findArguments(exec);
  if (argv === undefined) return undefined;
  const clusterName = typeof cluster === "string" ? cluster : undefined;
  const clusterConfig =
    exec["provideClusterInfo"] === true && clusterName !== undefined ? findExtension(clusters.get(clusterName)) : undefined;
  return { name: formatPrintable(name, 120), cluster: clusterName, user, argv, variables: readVariables(exec), clusterConfig };
}

/**
 * The contexts of the kubeconfig (`KUBECONFIG`, else `~/.kube/config`) whose users run kubepass. Files are read, never
 * obeyed (S45); one that cannot be read is left out with a warning.
 */
export function findKubepassContexts(host: Pick<Host, "directories" | "environment" | "log">): readonly KubepassContext[] {
  const loaded = listPaths(host).flatMap((path) => {
    const document = loadKubeconfig(path, host);
    return document === undefined ? [] : [{ path, document }];
  });
  const documents = loaded.map(({ document }) => document);
  const users = mergeNamed(documents, "users", "user");
  const clusters = mergeNamed(documents, "clusters", "cluster");
  const current = documents.map((document) => document["current-context"]).find((name) => typeof name === "string" && name !== "");
  const seen = new Set<string>();
  return loaded.flatMap(({ path, document }) =>
    listNamed(document, "contexts", "context").flatMap(([name, context]) => {
      const described = seen.has(name) ? undefined : describeContext(name, context, users, clusters);
      seen.add(name);
      return described === undefined ? [] : [{ ...described, kubeconfig: path, isCurrent: name === current }];
    }),
  );
}
