import { eksTokenLifeSeconds, type EksTokenParts, findPartition, parseEksToken } from "@kubepass/wire";

/** Which tokens are worth a question to STS. */
export interface EksTokenPolicy {
  /** The one partition whose accounts are let in. */
  readonly partition: string;
  /**
   * Regions whose STS may be asked, also new ones; the known ones of the partition when it is not given. Never any name of the
   * right form: whoever makes a token chooses it, and each would be a look-up of a name, a connection and a line of metrics.
   */
  readonly regions?: readonly string[] | undefined;
  /** How far a client's clock may be ahead of ours. */
  readonly clockToleranceSeconds: number;
}

/** A token that is worth a question to STS, or why it is not. */
export type EksTokenVerdict =
  | { readonly kind: "accepted"; readonly parts: EksTokenParts; readonly expiresAt: Date }
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

function refuse(code: string, message: string): EksTokenVerdict {
  return { kind: "refused", code, message };
}

function regionsOf({ partition, regions }: EksTokenPolicy): readonly string[] {
  return regions ?? findPartition(partition)?.knownRegions ?? [];
}

function judgePlace(parts: EksTokenParts, policy: EksTokenPolicy): EksTokenVerdict | undefined {
  const { partition, region } = parts.endpoint;
  if (partition !== policy.partition)
    return refuse("TOKEN_PARTITION", `the token is for STS in partition ${partition}, and this cluster takes ${policy.partition}`);
  if (!regionsOf(policy).includes(region))
    return refuse("TOKEN_REGION", `the token is for STS in region ${region}, which is not among those allowed`);
  return undefined;
}

/**
 * Everything about a token that can be told without asking anybody: its form to the byte, its partition and region, its time.
 * STS takes it for 15 minutes after its date. Pure; the message quotes nothing that is secret.
 */
export function judgeEksToken(token: string, policy: EksTokenPolicy, now: Date): EksTokenVerdict {
  const outcome = parseEksToken(token, { [policy.partition]: policy.regions ?? [] });
  if (outcome.kind === "refused") return refuse(outcome.flaw === "too-large" ? "TOKEN_TOO_LONG" : "TOKEN_MALFORMED", outcome.message);
  const { parts } = outcome;
  const misplaced = judgePlace(parts, policy);
  if (misplaced !== undefined) return misplaced;
  const ageSeconds = (now.getTime() - parts.signedAt.getTime()) / 1000;
  if (ageSeconds >= eksTokenLifeSeconds)
    return refuse("TOKEN_EXPIRED", `the token was made ${Math.round(ageSeconds)} s ago by this clock, and lives ${eksTokenLifeSeconds} s`);
  if (ageSeconds < -policy.clockToleranceSeconds)
    return refuse("TOKEN_NOT_YET_VALID", `the token was made ${Math.round(-ageSeconds)} s in the future: one of the clocks is wrong`);
  return { kind: "accepted", parts, expiresAt: new Date(parts.signedAt.getTime() + eksTokenLifeSeconds * 1000) };
}
