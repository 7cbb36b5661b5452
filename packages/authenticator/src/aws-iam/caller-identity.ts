import { canonicalizeArn, findArnParts, type PrincipalType } from "./mapping/arn.ts";

/** Who STS says signed a token. */
export interface CallerIdentity {
  /** As STS says it. */
  readonly arn: string;
  /** As mappings name it; case is kept. */
  readonly canonicalArn: string;
  readonly type: PrincipalType;
  readonly partition: string;
  /** Twelve digits. */
  readonly accountId: string;
  /** The principal's unique id, without the session's name. */
  readonly userId: string;
  /** Chosen by whoever assumed the role; empty for principals without sessions. */
  readonly sessionName: string;
  readonly accessKeyId: string;
}

/**
 * The identity that an ARN would have, for `explain`: nobody has proven it. `undefined` when it is no principal's ARN.
 * A role's own ARN is taken for a session of it.
 */
export function supposeIdentity(arn: string, userId = "", sessionName?: string): CallerIdentity | undefined {
  const canonical = canonicalizeArn(arn);
  const resource = findArnParts(arn)?.resource;
  if (canonical === undefined || resource === undefined) return undefined;
  const { type, partition, account: accountId, arn: canonicalArn } = canonical;
  const told = type === "assumed-role" ? (resource.split("/").at(-1) ?? "") : "";
  return { arn, canonicalArn, type, partition, accountId, userId, sessionName: sessionName ?? told, accessKeyId: "" };
}
