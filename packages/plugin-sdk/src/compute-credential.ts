import { CredentialError, toCredentialError } from "@kubepass/wire";
import type { CredentialRequest, ReadyCredential } from "./credential-request.ts";
import type { Host } from "./host.ts";
import { judgeIssued, judgeSubject } from "./judge-issued.ts";
import { keepIssued } from "./keep-issued.ts";
import { findSignInRecord } from "./sessions/sign-in-record.ts";
import { createSignInContext } from "./sign-in-context.ts";

/**
 * A credential that its provider works out without asking anybody (`Provider.isComputed`): checked and kept as every other,
 * but without the lock, and without a memory of failures (docs/decisions/0013-computed-credentials.md). Throws `CredentialError`.
 */
export async function computeCredential(key: string, request: CredentialRequest, host: Host): Promise<ReadyCredential> {
  const { provider, settings } = request;
  try {
    host.signal.throwIfAborted();
    const issued = await provider.signIn(createSignInContext(key, request, host));
    if (issued.session !== undefined) {
      throw new CredentialError("CREDENTIAL_INVALID", "the provider returned a session with a credential that it says to compute");
    }
    const record = findSignInRecord(host, key);
    if (settings.isPersonActing !== true) judgeSubject(record, issued);
    judgeIssued(issued, host.clock.now());
    return await keepIssued({ key, request, record, host }, issued, "sign-in");
  } catch (error) {
    throw toCredentialError(host.signal.aborted ? host.signal.reason : error);
  }
}
