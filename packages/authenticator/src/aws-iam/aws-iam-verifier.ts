import { isEksToken, type Secret } from "@kubepass/wire";
import type { UserInfo, Verdict, Verifier, VerifyContext } from "../verifier.ts";
import type { CallerIdentity } from "./caller-identity.ts";
import { type BackendView, mapIdentity } from "./mapping/map-identity.ts";
import { instanceIdForm, renderTemplate, usesPrivateDnsName } from "./mapping/render-template.ts";
import type { AuthenticateResult, AwsIamMetrics } from "./metrics.ts";
import { type EksTokenPolicy, judgeEksToken } from "./sts/judge-eks-token.ts";
import type { StsClient } from "./sts/sts-client.ts";

/** Finds the private DNS name of an EC2 instance. Never throws. */
export type FindPrivateDnsName = (
  instanceId: string,
) => Promise<
  | { readonly kind: "found"; readonly name: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "uncertain"; readonly message: string; readonly retryAfterMs?: number | undefined }
>;

/** What the verifier is made of. */
export interface AwsIamVerifierOptions {
  readonly policy: EksTokenPolicy;
  readonly sts: StsClient;
  /** The backends as they are at this moment, in order. */
  readonly backends: () => readonly BackendView[];
  /** Accounts whose ARNs and ids are told to nobody. */
  readonly scrubbedAccounts: ReadonlySet<string>;
  readonly findPrivateDnsName: FindPrivateDnsName;
  readonly metrics: AwsIamMetrics;
  /** One line per identity that STS confirmed, but for scrubbed accounts. */
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Ends watches and timers. */
  readonly close?: (() => Promise<void>) | undefined;
}

/** Who an identity becomes, or why nobody. */
export type UserVerdict = Extract<Verdict, { kind: "refused" | "uncertain" }> | { readonly kind: "mapped"; readonly user: UserInfo };

const extraPrincipalId = "sigs.k8s.io/aws-iam-authenticator/principalId";

function describeUser(identity: CallerIdentity, username: string, groups: readonly string[], isScrubbed: boolean): UserInfo {
  if (isScrubbed) return { username, groups, uid: `aws-iam-authenticator:administrative:${username}`, extra: {} };
  const { arn, canonicalArn, sessionName, accessKeyId, userId } = identity;
  return {
    username,
    groups,
    uid: `aws-iam-authenticator:${identity.accountId}:${userId}`,
    extra: {
      arn: [arn],
      canonicalArn: [canonicalArn],
      sessionName: [sessionName],
      accessKeyId: [accessKeyId],
      principalId: [userId],
      [extraPrincipalId]: [userId],
    },
  };
}

type Names = { readonly kind: "named"; readonly username: string; readonly groups: readonly string[] };
type NotNamed = Exclude<UserVerdict, { kind: "mapped" }>;

async function renderNames(
  templates: { readonly username: string; readonly groups: readonly string[] },
  identity: CallerIdentity,
  find: FindPrivateDnsName,
): Promise<Names | NotNamed> {
  const all = [templates.username, ...templates.groups];
  let dnsName = "";
  if (all.some((template) => usesPrivateDnsName(template))) {
    const { sessionName } = identity;
    if (!instanceIdForm.test(sessionName))
      return {
        kind: "refused",
        code: "INSTANCE_UNKNOWN",
        message: "the rule asks for an EC2 instance, and the session is not named by one",
      };
    const found = await find(sessionName);
    if (found.kind === "unknown") return { kind: "refused", code: "INSTANCE_UNKNOWN", message: `EC2 knows no instance ${sessionName}` };
    if (found.kind === "uncertain")
      return { kind: "uncertain", code: "EC2_UNAVAILABLE", message: found.message, retryAfterMs: found.retryAfterMs };
    dnsName = found.name;
  }
  const [username = "", ...groups] = all.map((template) => renderTemplate(template, identity, dnsName));
  return { kind: "named", username, groups };
}

function guardName(username: string, backend: BackendView): NotNamed | undefined {
  if (username === "") return { kind: "refused", code: "NAME_EMPTY", message: `the rule of ${backend.name} gives an empty user name` };
  const prefix = backend.reservedPrefixes.find((reserved) => reserved !== "" && username.startsWith(reserved));
  if (prefix === undefined) return undefined;
  return { kind: "refused", code: "NAME_RESERVED", message: `the user name begins with ${prefix}, which ${backend.name} may not give` };
}

/** Who an identity becomes by the backends as they are now. Refusal and doubt are values. */
export async function mapToUser(
  identity: CallerIdentity,
  backends: readonly BackendView[],
  options: Pick<AwsIamVerifierOptions, "scrubbedAccounts" | "findPrivateDnsName">,
): Promise<UserVerdict> {
  const outcome = mapIdentity(identity, backends);
  if (outcome.kind === "absent")
    return outcome.steps.some(({ said }) => said === "mismatch")
      ? { kind: "refused", code: "MAPPING_MISMATCH", message: "the identity's unique id and its ARN do not belong to the same rule" }
      : { kind: "refused", code: "MAPPING_ABSENT", message: "no rule and no account lets this identity in" };
  const { backend } = outcome;
  if (outcome.kind === "unread") return { kind: "uncertain", code: "MAPPING_UNREAD", message: `${backend.name} has not been read yet` };
  const named =
    outcome.kind === "account"
      ? ({ kind: "named", username: identity.canonicalArn, groups: [] } as const)
      : await renderNames(outcome.rule, identity, options.findPrivateDnsName);
  if (named.kind !== "named") return named;
  const problem = guardName(named.username, backend);
  if (problem !== undefined) return problem;
  const isScrubbed = options.scrubbedAccounts.has(identity.accountId);
  return { kind: "mapped", user: describeUser(identity, named.username, named.groups, isScrubbed) };
}

/** Answers that STS could not give; all others that are no yes are about the token. */
const stsDoubts: ReadonlySet<string> = new Set(["STS_REFUSED", "IDENTITY_PARTITION"]);

function resultOf(verdict: Verdict): AuthenticateResult {
  if (verdict.kind === "verified") return "success";
  if (verdict.code === "STS_THROTTLED" || verdict.code === "STS_BACK_OFF") return "sts_throttling";
  if (verdict.code.startsWith("TOKEN_")) return "invalid_token";
  return verdict.code.startsWith("STS_") || stsDoubts.has(verdict.code) ? "sts_error" : "uknown_user";
}

/** Checks EKS tokens: what can be told from the token, then STS, then the mapping backends. */
export class AwsIamVerifier implements Verifier {
  readonly name = "aws-iam";
  /** Names come from mappings that the operator wrote, with their own reserved prefixes. */
  readonly guardsNames = true;
  /** Answers of STS are kept here; mappings are looked at anew each time, so that edits count at once. */
  readonly keepsResults = true;
  readonly #options: AwsIamVerifierOptions;

  constructor(options: AwsIamVerifierOptions) {
    this.#options = options;
  }

  claims(token: string): boolean {
    return isEksToken(token);
  }

  async verify(token: Secret, context: VerifyContext): Promise<Verdict> {
    const startedAt = performance.now();
    const verdict = await this.#judge(token.reveal(), context.now);
    this.#options.metrics.observeLatency(resultOf(verdict), (performance.now() - startedAt) / 1000);
    return verdict;
  }

  async #judge(token: string, now: Date): Promise<Verdict> {
    const { policy, sts, backends } = this.#options;
    const accepted = judgeEksToken(token, policy, now);
    if (accepted.kind === "refused") return accepted;
    const answer = await sts.identify(token, accepted.parts, accepted.expiresAt);
    if (answer.kind === "uncertain")
      return { kind: "uncertain", code: answer.code, message: answer.message, retryAfterMs: answer.retryAfterMs };
    if (answer.kind === "refused") return answer;
    const { identity } = answer;
    this.#tell(identity, accepted.parts.endpoint.host);
    const mapped = await mapToUser(identity, backends(), this.#options);
    return mapped.kind === "mapped" ? { kind: "verified", user: mapped.user, expiresAt: accepted.expiresAt } : mapped;
  }

  #tell(identity: CallerIdentity, stsendpoint: string): void {
    if (this.#options.scrubbedAccounts.has(identity.accountId)) return;
    const { arn, accountId: accountid, userId: userid, sessionName: session, accessKeyId: accesskeyid } = identity;
    this.#options.log("STS response", { accesskeyid, arn, accountid, userid, session, stsendpoint });
  }

  async close(): Promise<void> {
    await this.#options.close?.();
  }
}
