import { type CacheEntry, findEntry, type SignInRecord } from "@kubepass/plugin-sdk";
import {
  CredentialError,
  decodeJwt,
  type EksTokenParts,
  eksTokenLifeSeconds,
  formatPrintable,
  formatTimestamp,
  isCredentialError,
  type JsonObject,
  type JsonValue,
  parseEksToken,
} from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { formatLoginCommand } from "../credential-request.ts";
import { formatDocument } from "../format-document.ts";
import { formatInstant } from "../format-time.ts";
import { formatRows } from "../help/wrap-text.ts";
import { describeSignIn, selectSignIns } from "../select-sign-ins.ts";
import { parseSettings } from "../settings.ts";

/** A sign-in with its current credential. */
interface Current {
  readonly record: SignInRecord;
  readonly entry: CacheEntry;
}

function listCurrent(records: readonly SignInRecord[], invocation: Invocation): readonly Current[] {
  const now = invocation.host.clock.now();
  return records.flatMap((record) => {
    const entry = findEntry(invocation.host, record.key, record.provider);
    return entry === undefined || entry.credential.expiresAt <= now ? [] : [{ record, entry }];
  });
}

async function getCurrent(invocation: Invocation): Promise<Current> {
  const signIns = await selectSignIns(invocation, { isOffline: true });
  const current = listCurrent(
    signIns.map(({ record }) => record),
    invocation,
  );
  const [first, ...others] = current;
  if (first === undefined) {
    const what =
      signIns.length === 0
        ? "nobody is signed in"
        : `there is no current credential of ${signIns.map(({ record }) => describeSignIn(record)).join(", ")}`;
    throw new CredentialError("LOGIN_REQUIRED", what, { hint: `run: ${formatLoginCommand(invocation)}` });
  }
  if (others.length > 0) {
    throw new CredentialError(
      "USAGE_INVALID",
      `${current.length} sign-ins could be meant: ${current.map(({ record }) => describeSignIn(record)).join(", ")}`,
      {
        hint: "say which with --account or --issuer-url",
      },
    );
  }
  return first;
}

/** What an EKS token says of itself: it has no claims, and whom it speaks for only AWS knows. */
function describeEksToken({ accessKeyId, endpoint, signedAt, sessionToken }: EksTokenParts, cluster: JsonValue | undefined): JsonObject {
  return {
    cluster: typeof cluster === "string" ? cluster : undefined,
    accessKeyId,
    isTemporary: sessionToken !== undefined,
    region: endpoint.region,
    signedAt: formatTimestamp(signedAt),
    endsAtLatest: formatTimestamp(new Date(signedAt.getTime() + eksTokenLifeSeconds * 1000)),
  };
}

function findEksFacts({ record, entry }: Current): JsonObject | undefined {
  const outcome = parseEksToken(entry.credential.token?.reveal() ?? "");
  const cluster = record.options?.["cluster-name"] ?? record.options?.["cluster-id"];
  return outcome.kind === "parsed" ? describeEksToken(outcome.parts, cluster) : undefined;
}

/** The claims of the token; `undefined` for one that only its issuer can read, and for a certificate. */
function findClaims(entry: CacheEntry): JsonObject | undefined {
  const { token } = entry.credential;
  if (token === undefined) return undefined;
  try {
    return decodeJwt(token.reveal()).unverifiedClaims;
  } catch (error) {
    if (isCredentialError(error, "RESPONSE_INVALID")) return undefined;
    throw error;
  }
}

function isInstant(name: string, value: JsonValue | undefined): value is number {
  return ["exp", "iat", "nbf", "auth_time"].includes(name) && typeof value === "number" && Number.isSafeInteger(value) && value < 1e11;
}

function formatClaim(name: string, value: JsonValue | undefined, now: Date): string {
  if (isInstant(name, value)) return formatInstant(new Date(value * 1000), now);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return formatPrintable(value.join(", "));
  return formatFact(value);
}

function formatFact(value: JsonValue | undefined): string {
  return formatPrintable(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
}

function describeEks(current: Current, facts: JsonObject, { host }: Invocation): string {
  const rows = [
    { term: "cluster", text: facts["cluster"] ?? "in the signature only" },
    { term: "access key", text: `${formatFact(facts["accessKeyId"])}${facts["isTemporary"] === true ? " (temporary)" : ""}` },
    { term: "region", text: facts["region"] },
    { term: "signed", text: facts["signedAt"] },
  ].map(({ term, text }) => ({ term, text: formatFact(text) }));
  return [
    `${describeSignIn(current.record)} (not verified by a cluster: ask one with \`kubepass whoami\`)`,
    formatRows(rows, host.terminal.columns),
    "an EKS token has no claims: whom the access key belongs to says `aws sts get-caller-identity`",
    `the credential is good until ${formatInstant(current.entry.credential.expiresAt, host.clock.now())}`,
    "",
  ].join("\n");
}

function describeCurrent(current: Current, claims: JsonObject | undefined, invocation: Invocation): string {
  const { host } = invocation;
  const now = host.clock.now();
  const kind = current.entry.credential.token === undefined ? "client certificate" : "opaque token: only its issuer can read it";
  const rows = Object.entries(claims ?? {}).map(([name, value]) => ({
    term: formatPrintable(name, 40),
    text: formatClaim(name, value, now),
  }));
  const eks = findEksFacts(current);
  if (eks !== undefined) return describeEks(current, eks, invocation);
  return [
    `${describeSignIn(current.record)} (not verified by a cluster: ask one with \`kubepass whoami\`)`,
    ...(claims === undefined
      ? [`  ${kind}`, `  subject  ${formatPrintable(current.entry.subject ?? "unknown")}`]
      : [formatRows(rows, host.terminal.columns)]),
    `the credential is good until ${formatInstant(current.entry.credential.expiresAt, now)}`,
    "",
  ].join("\n");
}

/** `kubepass whoami --offline`: what the current credential says. No network; no token is printed. */
export async function whoamiOffline(invocation: Invocation): Promise<number> {
  const current = await getCurrent(invocation);
  const claims = findClaims(current.entry);
  const { output } = parseSettings(invocation.options);
  if (output === "text") {
    invocation.stdout.write(describeCurrent(current, claims, invocation));
    return 0;
  }
  const { record, entry } = current;
  const document = {
    apiVersion: "kubepass.dev/v1",
    kind: "WhoAmI",
    verifiedByCluster: false,
    label: record.label,
    provider: record.provider,
    issuer: entry.issuer ?? record.issuer,
    subject: entry.subject ?? record.subject,
    credentialExpiresAt: formatTimestamp(entry.credential.expiresAt),
    claims,
    eksToken: findEksFacts(current),
  };
  invocation.stdout.write(await formatDocument(document, output));
  return 0;
}
