import { existsSync } from "node:fs";
import { type CacheEntry, findEntry, findSignInRecords, type Host, isFresh, type SignInRecord } from "@kubepass/plugin-sdk";
import { formatPrintable, formatTimestamp, isCredentialError, type JsonObject } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { type ContextIdentity, resolveContextIdentity } from "../context-identity.ts";
import { checkOptions, formatLoginCommand } from "../credential-request.ts";
import { formatDocument } from "../format-document.ts";
import { formatInstant } from "../format-time.ts";
import { formatRows, type Row } from "../help/wrap-text.ts";
import { findKubepassContexts, type KubepassContext } from "../kubeconfig-contexts.ts";
import { defaultConfigPath } from "../options/config-file.ts";
import { describeSignIn } from "../select-sign-ins.ts";
import { parseSettings } from "../settings.ts";

interface SignInStatus {
  readonly record: SignInRecord;
  readonly entry: CacheEntry | undefined;
  readonly contexts: readonly KubepassContext[];
}

interface ContextStatus {
  readonly context: KubepassContext;
  readonly identity: ContextIdentity;
  readonly isSignedIn: boolean;
}

interface Status {
  readonly signIns: readonly SignInStatus[];
  readonly contexts: readonly ContextStatus[];
  readonly configFile: string | undefined;
}

function findStoredEntry(record: SignInRecord, host: Host): CacheEntry | undefined {
  try {
    return findEntry(host, record.key, record.provider);
  } catch (error) {
    if (!isCredentialError(error)) throw error;
    host.log.warn("the stored credential cannot be read", { code: error.code, reason: error.message, hint: error.hint });
    return undefined;
  }
}

async function gatherStatus(invocation: Invocation): Promise<Status> {
  const { host, options } = invocation;
  const records = findSignInRecords(host);
  const contexts: ContextStatus[] = [];
  for (const context of findKubepassContexts(host)) {
    const identity = await resolveContextIdentity(context, host);
    contexts.push({
      context,
      identity,
      isSignedIn: "key" in identity && records.some((record) => record.key === identity.key && record.isEnded !== true),
    });
  }
  const signIns = records.map((record) => ({
    record,
    entry: findStoredEntry(record, host),
    contexts: contexts.flatMap(({ context, identity }) => ("key" in identity && identity.key === record.key ? [context] : [])),
  }));
  const named = options.values["config"];
  const configFile = typeof named === "string" ? named : defaultConfigPath(host);
  return { signIns, contexts, configFile: existsSync(configFile) ? configFile : undefined };
}

function describeCredential(entry: CacheEntry | undefined, now: Date): string {
  if (entry === undefined) return "none stored; kubectl gets one when it needs it";
  const end = formatInstant(entry.credential.expiresAt, now);
  if (isFresh(entry, now)) return `good until ${end}`;
  return entry.credential.expiresAt > now ? `about to be renewed; ends ${end}` : `ended ${end}`;
}

function describeOlder(stores: SignInRecord["otherStores"]): string {
  const places = stores.map((store) => (store === "keyring" ? "the system's keyring" : "a plain file"));
  return `an older one that could not be removed lies in ${places.join(" and in ")} (logout ends it)`;
}

function describeSession({ record }: SignInStatus, now: Date): string {
  const place = {
    keyring: "in the system's keyring",
    file: "in a plain file that only you can read (no keyring was used)",
    none: record.isEnded === true ? "none: signed out" : "none: the next renewal needs a sign-in",
  }[record.store];
  const end =
    record.sessionExpiresAt === undefined || record.store === "none" ? "" : `; ends ${formatInstant(record.sessionExpiresAt, now)}`;
  const older = record.otherStores.length === 0 ? "" : `; ${describeOlder(record.otherStores)}`;
  return `${place}${end}${older}`;
}

function describeContexts(contexts: readonly KubepassContext[]): string {
  return contexts.map((context) => `${context.name}${context.isCurrent ? " (current)" : ""}`).join(", ");
}

function describeSignInStatus(signIn: SignInStatus, now: Date, width: number): string {
  const { record, contexts, entry } = signIn;
  const subject = record.subject === undefined ? [] : [{ term: "subject", text: formatPrintable(record.subject, 120) }];
  const rows: Row[] = [
    ...subject,
    { term: "credential", text: describeCredential(entry, now) },
    { term: "session", text: describeSession(signIn, now) },
    { term: "signed in", text: formatInstant(record.signedInAt, now) },
    ...(contexts.length === 0 ? [] : [{ term: "contexts", text: describeContexts(contexts) }]),
  ];
  return `${describeSignIn(record)}\n${formatRows(rows, width)}`;
}

function listWaiting(found: Status): readonly Row[] {
  return found.contexts
    .filter((item) => !item.isSignedIn)
    .map(({ context, identity }) => ({
      term: `${context.name}${context.isCurrent ? " (current)" : ""}`,
      text: "problem" in identity ? formatPrintable(identity.problem) : "kubectl will ask to sign in",
    }));
}

function describeNobody(invocation: Invocation, isAnyWaiting: boolean): string {
  // kubectl asks whoever uses one of these contexts.
  if (isAnyWaiting) return "nobody is signed in";
  const { program, provider } = invocation;
  const command = formatLoginCommand(invocation);
  const isBare = command === `${program} login ${provider.name}`;
  return `nobody is signed in\nto sign in, run: ${command}${isBare ? ` (flags and examples: ${program} help login)` : ""}`;
}

function describeStatus(found: Status, invocation: Invocation): string {
  const { host } = invocation;
  const now = host.clock.now();
  const width = host.terminal.columns;
  const { config, state, cache, runtime } = host.directories;
  const waiting = listWaiting(found);
  const folders = [
    { term: "config", text: found.configFile ?? `${config} (no config.yaml)` },
    { term: "sessions", text: state },
    { term: "cache", text: cache },
    { term: "credentials", text: runtime },
  ];
  const blocks = [
    ...(found.signIns.every(({ record }) => record.isEnded === true) ? [describeNobody(invocation, waiting.length > 0)] : []),
    ...found.signIns.map((signIn) => describeSignInStatus(signIn, now, width)),
    ...(waiting.length === 0 ? [] : [`contexts without a sign-in\n${formatRows(waiting, width)}`]),
    `folders\n${formatRows(folders, width)}`,
  ];
  return `${blocks.join("\n\n")}\n`;
}

function formatOptionalInstant(instant: Date | undefined): string | undefined {
  return instant === undefined ? undefined : formatTimestamp(instant);
}

function formatSignIn({ record, entry, contexts }: SignInStatus, now: Date): JsonObject {
  const account = record.options?.["account"];
  return {
    provider: record.provider,
    label: record.label,
    account: typeof account === "string" ? account : undefined,
    issuer: record.issuer,
    subject: record.subject,
    signedOut: record.isEnded,
    session: {
      store: record.store,
      expiresAt: formatOptionalInstant(record.sessionExpiresAt),
      olderIn: record.otherStores.length === 0 ? undefined : record.otherStores,
    },
    signedInAt: formatTimestamp(record.signedInAt),
    renewedAt: formatTimestamp(record.renewedAt),
    credential:
      entry === undefined
        ? undefined
        : { expiresAt: formatTimestamp(entry.credential.expiresAt), renewAt: formatTimestamp(entry.renewAt), fresh: isFresh(entry, now) },
    contexts: contexts.map((context) => context.name),
  };
}

function formatContext({ context, identity, isSignedIn }: ContextStatus): JsonObject {
  const { name, cluster, user, kubeconfig, isCurrent } = context;
  return {
    name,
    cluster,
    user,
    kubeconfig,
    current: isCurrent,
    signedIn: isSignedIn,
    problem: "problem" in identity ? identity.problem : undefined,
  };
}

/** `kubepass status`: who is signed in, where that is kept, and until when. No network, no keyring, nothing is run. */
export async function status(invocation: Invocation): Promise<number> {
  checkOptions(invocation);
  const { host, stdout } = invocation;
  const { output } = parseSettings(invocation.options);
  const found = await gatherStatus(invocation);
  if (output === "text") {
    stdout.write(describeStatus(found, invocation));
    return 0;
  }
  const now = host.clock.now();
  const { config, state, cache, runtime } = host.directories;
  const document = {
    apiVersion: "kubepass.dev/v1",
    kind: "Status",
    signIns: found.signIns.map((signIn) => formatSignIn(signIn, now)),
    contexts: found.contexts.map(formatContext),
    configFile: found.configFile,
    folders: { config, state, cache, runtime },
  };
  stdout.write(await formatDocument(document, output));
  return 0;
}
