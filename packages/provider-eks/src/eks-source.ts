import type { Issued, RefreshOutcome, Session, SignInContext } from "@kubepass/plugin-sdk";
import { CredentialError, eksTokenLifeSeconds } from "@kubepass/wire";
import { presignEksToken } from "@kubepass/wire/signing";
import { type Acquisition, acquireBaseCredentials } from "./base-credentials.ts";
import type { AwsCredentials } from "./credentials.ts";
import type { EksSetting, RoleOptions } from "./eks-options.ts";
import { confirmFingerprint, unknownFingerprint } from "./fingerprint.ts";
import { isComputed } from "./is-computed.ts";
import { createMfaAsker } from "./mfa.ts";
import { formatEksSession, parseEksSession } from "./session-secret.ts";
import type { MfaProof } from "./sts/assume-role.ts";
import { createStsAccess } from "./sts/sts-access.ts";

// Less is left of stored credentials than a token should live: new ones are worth a code.
const minRemainingMs = 60_000;

async function chooseSessionName(role: RoleOptions, base: AwsCredentials, acquisition: Acquisition): Promise<string> {
  if (!acquisition.setting.options.isSessionNameForwarded) return role.sessionName;
  return (await acquisition.sts.findSessionName(base)) ?? role.sessionName;
}

async function proveMfa({ setting, mfa }: Acquisition): Promise<MfaProof | undefined> {
  const serial = setting.options.mfaSerial;
  return serial === undefined ? undefined : { serial, code: await mfa.ask(serial) };
}

/** Takes on the roles of the options, one after the other; without roles an MFA code makes a session of the user. */
async function takeOnRoles(base: AwsCredentials, acquisition: Acquisition): Promise<AwsCredentials> {
  const { setting, sts, context } = acquisition;
  const { roles, mfaDurationSeconds: durationSeconds } = setting.options;
  const mfa = await proveMfa(acquisition);
  if (roles.length === 0) {
    return mfa === undefined ? base : await sts.getSessionToken({ mfa, durationSeconds }, base);
  }
  const [first] = roles;
  const sessionName = first === undefined ? "" : await chooseSessionName(first, base, acquisition);
  let credentials = base;
  for (const role of roles) {
    const request = { ...role, sessionName, mfa: role === first ? mfa : undefined };
    credentials = await sts.assumeRole(request, credentials);
    context.host.log.info("took on a role", { role: role.arn, sessionName, endsAt: credentials.expiresAt });
  }
  return credentials;
}

/** A token, with the honest end: STS takes it for 15 minutes, but never longer than the credentials behind it. */
function issueToken({ options, endpoint }: EksSetting, credentials: AwsCredentials, now: Date): Issued {
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt: end } = credentials;
  if (end !== undefined && end <= now) {
    throw new CredentialError("SOURCE_FAILED", `the AWS credentials ended at ${end.toISOString()}`, {
      hint: "get new ones; check this machine's clock",
    });
  }
  const token = presignEksToken({ endpoint, clusterId: options.clusterId, accessKeyId, secretAccessKey, sessionToken, signedAt: now });
  const lifeEnd = new Date(Math.floor(now.getTime() / 1000) * 1000 + eksTokenLifeSeconds * 1000);
  return { credential: { token, expiresAt: end !== undefined && end < lifeEnd ? end : lifeEnd } };
}

/** A token from nothing. Throws what the sources, STS and the network throw. */
export async function signInWithAws(setting: EksSetting, context: SignInContext): Promise<Issued> {
  const { host } = context;
  const acquisition = { setting, sts: createStsAccess(setting, context), context, mfa: createMfaAsker(context) };
  const base = await acquireBaseCredentials(acquisition);
  host.log.info("got AWS credentials", { accessKeyId: base.accessKeyId, endsAt: base.expiresAt });
  const credentials = await takeOnRoles(base, acquisition);
  // What is read once cannot have changed meanwhile.
  const sourceFingerprint = isComputed(setting) ? setting.fingerprint : await confirmFingerprint(setting, host);
  const issued = { ...issueToken(setting, credentials, host.clock.now()), sourceFingerprint };
  if (sourceFingerprint === unknownFingerprint) {
    host.log.info("what the AWS credentials are made from changed meanwhile: the token is not kept for later");
    return issued;
  }
  // Only what cost a person a code is kept: everything else can be had again without one.
  if (!acquisition.mfa.wasAsked || credentials.expiresAt === undefined) return issued;
  return { ...issued, session: { secret: formatEksSession(credentials, sourceFingerprint), expiresAt: credentials.expiresAt } };
}

/** A token from credentials that were kept, without asking anybody. */
export function refreshFromSession(setting: EksSetting, session: Session, now: Date): RefreshOutcome {
  const credentials = parseEksSession(session.secret, setting.fingerprint);
  if (credentials === undefined) return { kind: "refused", reason: "the stored credentials were made from other keys or another profile" };
  if (credentials.expiresAt !== undefined && credentials.expiresAt.getTime() - now.getTime() < minRemainingMs) {
    return { kind: "refused", reason: "the stored credentials are about to end" };
  }
  return { kind: "issued", issued: issueToken(setting, credentials, now) };
}
