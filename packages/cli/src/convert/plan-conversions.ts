import { dirname, isAbsolute, join, resolve } from "node:path";
import { type ClusterEntry, execExtensionName, type Kubeconfig, type User } from "@kubepass/kubeconfig";
import { CredentialError, formatPrintable } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { findOwnCommand } from "../find-own-command.ts";
import { findGivenText } from "../given-text.ts";
import type { Conversion, Surroundings } from "./conversion.ts";
import { convertUser } from "./convert-user.ts";

/** One user entry, where it stands, and what becomes of it. */
export interface PlannedUser {
  readonly name: string;
  /** The file that defines it: with several, the first that has the name. */
  readonly path: string;
  /** Whether it was named, by itself or by its context. */
  readonly isNamed: boolean;
  readonly conversion: Conversion;
  /** The same decision about the entry as it is by now. */
  readonly decide: (user: User) => Conversion;
}

function refuseUnknown(what: string, name: string, known: Iterable<string>): CredentialError {
  const names = [...known].map((each) => formatPrintable(each, 60)).join(", ");
  return new CredentialError("KUBECONFIG_UNUSABLE", `there is no ${what} ${JSON.stringify(name)}`, {
    hint: names === "" ? `the kubeconfig has no ${what}` : `one of: ${names}`,
  });
}

function getUserOf(context: string, { contexts, users }: Kubeconfig): string {
  const found = contexts.get(context);
  if (found === undefined) throw refuseUnknown("context", context, contexts.keys());
  if (!users.has(found.user)) throw refuseUnknown("user", found.user, users.keys());
  return found.user;
}

/** The users that were named, in the order of the kubeconfig; `undefined` when none was. */
function findNamed({ parsed }: Pick<Invocation, "parsed">, merged: Kubeconfig): ReadonlySet<string> | undefined {
  const users = parsed.given.get("user")?.texts ?? [];
  const contexts = parsed.given.get("context")?.texts ?? [];
  for (const name of users) if (!merged.users.has(name)) throw refuseUnknown("user", name, merged.users.keys());
  const named = new Set([...users, ...contexts.map((context) => getUserOf(context, merged))]);
  return named.size === 0 ? undefined : named;
}

/** The file that may keep a client secret, as a whole path. */
export function findSecretFile(invocation: Pick<Invocation, "host" | "parsed">): string | undefined {
  const path = findGivenText(invocation, "client-secret-file");
  if (path === undefined || path === "") return undefined;
  return path.startsWith("~/") ? join(invocation.host.directories.home, path.slice(2)) : resolve(path);
}

/** The region in the name of an API server of EKS, such as `https://ID.gr7.eu-central-1.eks.amazonaws.com`. */
function findRegion(server: string): string | undefined {
  const host = URL.canParse(server) ? new URL(server).hostname : "";
  return /\.([a-z]{2,4}(?:-[a-z]+)+-\d)\.(?:eks\.amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)$/.exec(host)?.[1];
}

type Shared = Pick<Surroundings, "command" | "secretFile">;

/** The clusters of each user, by the contexts that name both. */
function groupClusters({ contexts, clusters }: Kubeconfig): ReadonlyMap<string, readonly ClusterEntry[]> {
  const groups = new Map<string, ClusterEntry[]>();
  for (const context of contexts.values()) {
    const cluster = clusters.get(context.cluster);
    if (cluster === undefined) continue;
    const group = groups.get(context.user);
    if (group === undefined) groups.set(context.user, [cluster]);
    else group.push(cluster);
  }
  return groups;
}

function lookAround(user: User, own: readonly ClusterEntry[], shared: Shared): Surroundings {
  const regions = new Set(own.map(({ server }) => findRegion(server)));
  const [region] = regions;
  return {
    ...shared,
    providesClusterInfo: own.some(({ extensions }) => extensions.has(execExtensionName)),
    region: regions.size === 1 ? region : undefined,
    resolvePath: (path) => (isAbsolute(path) ? path : resolve(dirname(user.origin ?? ""), path)),
  };
}

function planUser(name: string, user: User, surroundings: Surroundings, isNamed: boolean): PlannedUser {
  const decide = (now: User): Conversion => convertUser(now, surroundings);
  return { name, path: user.origin ?? "", isNamed, conversion: decide(user), decide };
}

/** Of users that would share one sign-in, the accounts by which they are kept apart; none when they are one person. */
function findAccounts(planned: readonly PlannedUser[]): ReadonlyMap<string, string> {
  const groups = new Map<string, Map<string, string>>();
  const subjects = new Map<string, Set<string>>();
  for (const { name, conversion } of planned) {
    if (conversion.kind !== "converted" || conversion.person === undefined) continue;
    const key = JSON.stringify(conversion.exec.args);
    const { subject, account = subject } = conversion.person;
    groups.set(key, (groups.get(key) ?? new Map<string, string>()).set(name, account));
    subjects.set(key, (subjects.get(key) ?? new Set<string>()).add(subject));
  }
  return new Map([...groups].flatMap(([key, accounts]) => ((subjects.get(key)?.size ?? 0) > 1 ? [...accounts] : [])));
}

/**
 * What becomes of every user entry, or of the named ones. Nothing is written, run or asked. Throws `KUBECONFIG_UNUSABLE` for a user or
 * context that does not exist.
 */
export function planConversions(
  invocation: Pick<Invocation, "host" | "parsed" | "runtime">,
  merged: Kubeconfig,
  secretFile: string | undefined,
): readonly PlannedUser[] {
  const { host, runtime } = invocation;
  const named = findNamed(invocation, merged);
  const shared = {
    command: findGivenText(invocation, "plugin-command") ?? findOwnCommand(host, runtime),
    secretFile,
  };
  const selected = [...merged.users].filter(([name]) => named?.has(name) ?? true);
  const clusters = groupClusters(merged);
  const plan = (accounts: ReadonlyMap<string, string>): readonly PlannedUser[] =>
    selected.map(([name, user]) => {
      const surroundings = { ...lookAround(user, clusters.get(name) ?? [], shared), account: accounts.get(name) };
      return planUser(name, user, surroundings, named !== undefined);
    });
  const planned = plan(new Map());
  const accounts = findAccounts(planned);
  return accounts.size === 0 ? planned : plan(accounts);
}
