import { endSignIn, type SignOutItem, type SignOutReport } from "@kubepass/plugin-sdk";
import { CredentialError, formatPrintable, formatTimestamp, toCredentialError, type JsonObject } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { checkOptions, createRequest } from "../credential-request.ts";
import { formatDocument } from "../format-document.ts";
import { formatInstant } from "../format-time.ts";
import { describeSignIn, listSignIns, type SelectedSignIn, selectSignIns } from "../select-sign-ins.ts";
import { parseSettings } from "../settings.ts";
import { forgetShortcuts } from "../shortcut/remember-shortcut.ts";

/** One sign-in, and what became of it. */
interface EndedSignIn {
  readonly signIn: SelectedSignIn;
  readonly report: SignOutReport | undefined;
  readonly failure: CredentialError | undefined;
}

async function select(invocation: Invocation): Promise<readonly SelectedSignIn[]> {
  if (invocation.options.values["all"] === true) return await listSignIns(invocation);
  const selected = await selectSignIns(invocation, {});
  if (selected.length < 2) return selected;
  const labels = selected.map(({ record }) => describeSignIn(record)).join(", ");
  throw new CredentialError("USAGE_INVALID", `${selected.length} sign-ins could be meant: ${labels}`, {
    hint: `say which with --account or --issuer-url, or end all of them: ${invocation.program} logout --all`,
  });
}

async function endOne(signIn: SelectedSignIn, invocation: Invocation): Promise<EndedSignIn> {
  const { provider, record } = signIn;
  if (provider === undefined) {
    const failure = new CredentialError("CONFIG_INVALID", `the options of ${describeSignIn(record)} are not known any more`, {
      hint: `run: ${invocation.program} logout ${record.provider} with the flags of the sign-in`,
    });
    return { signIn, report: undefined, failure };
  }
  try {
    return { signIn, report: await endSignIn(createRequest(invocation, provider), invocation.host), failure: undefined };
  } catch (error) {
    // One that fails must not keep the others signed in.
    return { signIn, report: undefined, failure: toCredentialError(error) };
  }
}

function isComplete(ended: EndedSignIn): boolean {
  return ended.failure === undefined && ended.report?.items.every((item) => item.outcome !== "still-valid") === true;
}

function describeItem(item: SignOutItem, now: Date): string {
  const end = item.validUntil === undefined ? "" : ` until ${formatInstant(item.validUntil, now)}`;
  const reason = item.reason === undefined ? "" : `: ${formatPrintable(item.reason, 1000)}`;
  const outcome = {
    revoked: "revoked",
    "already-ended": "had ended already",
    "still-valid": `stays valid${end}`,
    "page-opened": "sign-out page opened in the browser",
  }[item.outcome];
  return `  ${formatPrintable(item.what, 60)} ${outcome}${reason}\n`;
}

function describeEnded(ended: EndedSignIn, now: Date): string {
  const label = describeSignIn(ended.signIn.record);
  if (ended.failure !== undefined) return `not signed out: ${label}: ${ended.failure.message} (${ended.failure.code})\n`;
  return `signed out: ${label}\n${(ended.report?.items ?? []).map((item) => describeItem(item, now)).join("")}`;
}

function formatEnded(ended: EndedSignIn): JsonObject {
  const { record } = ended.signIn;
  const items = (ended.report?.items ?? []).map((item) => ({
    what: item.what,
    outcome: item.outcome,
    validUntil: item.validUntil === undefined ? undefined : formatTimestamp(item.validUntil),
    reason: item.reason,
  }));
  return {
    label: record.label,
    provider: record.provider,
    issuer: record.issuer,
    subject: record.subject,
    signedOut: ended.failure === undefined,
    error: ended.failure === undefined ? undefined : { code: ended.failure.code, message: ended.failure.message, hint: ended.failure.hint },
    items,
  };
}

/** What to complain about once the results are told; `undefined` when everything has ended. */
function findComplaint(all: readonly EndedSignIn[]): CredentialError | undefined {
  const [only] = all;
  // Nothing was done, so the failure itself says most.
  if (all.length === 1 && only?.failure !== undefined) return only.failure;
  const incomplete = all.filter((ended) => !isComplete(ended)).length;
  if (incomplete === 0) return undefined;
  return new CredentialError("SIGN_OUT_INCOMPLETE", `${incomplete} of ${all.length} sign-ins could not be ended completely`, {
    hint: "what stays valid is listed above; an administrator of the issuer can end it",
  });
}

/** `kubepass logout`: ends sign-ins at the issuer and here, and says what stays valid. Throws `SIGN_OUT_INCOMPLETE` then. */
export async function logout(invocation: Invocation): Promise<number> {
  checkOptions(invocation);
  const { host, stdout } = invocation;
  const { output } = parseSettings(invocation.options);
  const all: EndedSignIn[] = [];
  for (const signIn of await select(invocation)) all.push(await endOne(signIn, invocation));
  forgetShortcuts(host);
  const isTold = all.some((ended) => ended.failure === undefined) || all.length > 1;
  if (output !== "text") {
    const document = { apiVersion: "kubepass.dev/v1", kind: "Logout", complete: all.every(isComplete), signIns: all.map(formatEnded) };
    stdout.write(await formatDocument(document, output));
  } else if (all.length === 0) stdout.write("nobody was signed in\n");
  else if (isTold) stdout.write(all.map((ended) => describeEnded(ended, host.clock.now())).join(""));
  const complaint = findComplaint(all);
  if (complaint !== undefined) throw complaint;
  return 0;
}
