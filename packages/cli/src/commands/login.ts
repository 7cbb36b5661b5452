import {
  type CredentialRequest,
  deriveCacheKey,
  findEntry,
  findSignInRecord,
  getCredential,
  type Host,
  isFresh,
  type Provider,
  type ReadyCredential,
} from "@kubepass/plugin-sdk";
import { formatPrintable, formatTimestamp } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { createProvider, createRequest } from "../credential-request.ts";
import { formatDocument } from "../format-document.ts";
import { formatInstant } from "../format-time.ts";
import { parseSettings } from "../settings.ts";

type Outcome = "already-signed-in" | "renewed" | "signed-in";

/** The provider without its way to renew, so that a person signs in again. */
function forgetSession(provider: Provider): Provider {
  const forgetful = { ...provider };
  delete forgetful.refresh;
  return forgetful;
}

function describeOutcome(outcome: Outcome, invocation: Invocation, provider: Provider, ready: ReadyCredential): string {
  const { host } = invocation;
  const subject = findSignInRecord(host, deriveCacheKey(provider.name, provider.identity))?.subject;
  const who = `${formatPrintable(provider.label ?? provider.name, 120)}${subject === undefined ? "" : ` (subject ${formatPrintable(subject, 80)})`}`;
  const { expiresAt } = ready.credential;
  const end = expiresAt === undefined ? "" : `; the credential is good until ${formatInstant(expiresAt, host.clock.now())}`;
  const verb = { "already-signed-in": "already signed in:", renewed: "still signed in, credential renewed:", "signed-in": "signed in:" }[
    outcome
  ];
  return `${verb} ${who}${end}\n`;
}

async function renew(
  request: CredentialRequest,
  host: Host,
  key: string,
): Promise<{ readonly outcome: Outcome; readonly ready: ReadyCredential }> {
  const before = findSignInRecord(host, key)?.signedInAt;
  const ready = await getCredential(request, host);
  const after = findSignInRecord(host, key)?.signedInAt;
  return { outcome: before !== undefined && after?.getTime() === before.getTime() ? "renewed" : "signed-in", ready };
}

async function obtain(
  request: CredentialRequest,
  invocation: Invocation,
): Promise<{ readonly outcome: Outcome; readonly ready: ReadyCredential }> {
  const { host, options } = invocation;
  const { provider, settings } = request;
  const key = deriveCacheKey(provider.name, provider.identity);
  const isSignInForced = options.values["force"] === true;
  const isRefreshForced = isSignInForced || settings.isRefreshForced === true;
  const entry = isRefreshForced ? undefined : findEntry(host, key, provider.name);
  if (entry !== undefined && isFresh(entry, host.clock.now())) return { outcome: "already-signed-in", ready: entry };
  const chosen = isSignInForced ? forgetSession(provider) : provider;
  return await renew({ ...request, provider: chosen, settings: { ...settings, isPersonActing: true, isRefreshForced } }, host, key);
}

/** `kubepass login [provider]`: signs a person in ahead of kubectl. Who is signed in already is told so. */
export async function login(invocation: Invocation): Promise<number> {
  const provider = await createProvider(invocation);
  const request = createRequest(invocation, provider);
  const { outcome, ready } = await obtain(request, invocation);
  const { output } = parseSettings(invocation.options);
  if (output === "text") {
    invocation.stdout.write(describeOutcome(outcome, invocation, provider, ready));
    return 0;
  }
  const { expiresAt } = ready.credential;
  const document = {
    apiVersion: "kubepass.dev/v1",
    kind: "Login",
    outcome,
    provider: provider.name,
    label: provider.label,
    credentialExpiresAt: expiresAt === undefined ? undefined : formatTimestamp(expiresAt),
  };
  invocation.stdout.write(await formatDocument(document, output));
  return 0;
}
