import { findPartition } from "@kubepass/wire";

/** Which kind of principal an ARN names. */
export type PrincipalType = "role" | "assumed-role" | "user" | "root" | "federated-user";

/** The parts of an Amazon Resource Name, as they stand in it. */
export interface ArnParts {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** A principal in the one form in which mappings name it. */
export interface CanonicalArn {
  readonly type: PrincipalType;
  readonly partition: string;
  readonly account: string;
  /** `arn:P:iam::A:role/R` for an assumed role; every other ARN stays as it was. Case is kept. */
  readonly arn: string;
}

/** Takes an ARN apart; `undefined` when it has fewer than six parts or does not begin with `arn:`. */
export function findArnParts(arn: string): ArnParts | undefined {
  const [prefix, partition, service, region, account, ...resource] = arn.split(":");
  if (prefix !== "arn" || partition === undefined || service === undefined || region === undefined || account === undefined)
    return undefined;
  if (resource.length === 0) return undefined;
  return { partition, service, region, account, resource: resource.join(":") };
}

const iamTypes: Readonly<Record<string, PrincipalType>> = { role: "role", user: "user", root: "root" };

function canonicalizeSts(arn: string, parts: ArnParts): CanonicalArn | undefined {
  const { partition, account } = parts;
  const [kind, ...path] = parts.resource.split("/");
  if (kind === "federated-user") return { type: "federated-user", partition, account, arn };
  if (kind !== "assumed-role" || path.length < 2) return undefined;
  return { type: "assumed-role", partition, account, arn: `arn:${partition}:iam::${account}:role/${path.slice(0, -1).join("/")}` };
}

/**
 * The principal behind an ARN of IAM or STS, as aws-iam-authenticator sees it: sessions of a role become the role.
 * `undefined` for what is no ARN, names no principal, or lies in no known partition.
 */
export function canonicalizeArn(arn: string): CanonicalArn | undefined {
  const parts = findArnParts(arn);
  if (parts === undefined || findPartition(parts.partition) === undefined) return undefined;
  if (parts.service === "sts") return canonicalizeSts(arn, parts);
  if (parts.service !== "iam") return undefined;
  const kind = parts.resource.split("/")[0] ?? "";
  const type = Object.hasOwn(iamTypes, kind) ? iamTypes[kind] : undefined;
  return type === undefined ? undefined : { type, partition: parts.partition, account: parts.account, arn };
}

/** Why nobody can ever have this ARN, which is of the form of a principal's; `undefined` when somebody can. */
export function findArnFlaw(arn: string): string | undefined {
  const parts = findArnParts(arn);
  if (parts === undefined) return "it is no ARN";
  if (parts.region !== "") return "it has a region, and ARNs of IAM have none";
  if (!/^\d{12}$/.test(parts.account)) return "its account is not twelve digits";
  const isNamed = /^(?:root|(?:role|user|federated-user)\/(?:[\x21-\x7e]+\/)?[\w+=,.@-]{1,64})$/.test(parts.resource);
  return isNamed ? undefined : "its name is none that IAM gives: letters, digits and _+=,.@- are all there can be";
}

/**
 * A role's ARN without the path: STS never tells the path, and names of roles are unique in an account without it.
 * Anything else stays as it is.
 */
export function stripRolePath(arn: string): string {
  const parts = findArnParts(arn);
  if (parts === undefined) return arn;
  const [kind, ...path] = parts.resource.split("/");
  if (kind?.toLowerCase() !== "role" || path.length < 2) return arn;
  return `arn:${parts.partition}:${parts.service}:${parts.region}:${parts.account}:${kind}/${path.at(-1) ?? ""}`;
}
