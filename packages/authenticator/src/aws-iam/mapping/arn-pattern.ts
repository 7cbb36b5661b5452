import { findPartition } from "@kubepass/wire";
import { type ArnParts, findArnParts, stripRolePath } from "./arn.ts";

/** A pattern of ARNs, or what is wrong with it. */
export type ArnPattern = { readonly kind: "pattern"; readonly matches: RegExp } | { readonly kind: "refused"; readonly reason: string };

/** Which permission set of IAM Identity Center a mapping means. */
export interface SsoRole {
  readonly permissionSetName: string;
  readonly accountId: string;
  /** Default `aws`. */
  readonly partition?: string | undefined;
}

const identityCenterPath = /^role\/aws-reserved\/sso\.amazonaws\.com\//;

function refuse(reason: string): ArnPattern {
  return { kind: "refused", reason };
}

function escape(text: string): string {
  return text.replaceAll(/[.+^${}()|[\]\\/]/g, String.raw`\$&`);
}

/** `*` is any run of characters but `/`, `?` exactly one, as AWS has it within one part of a name. */
function toExpression(pattern: string): RegExp {
  const body = escape(pattern.toLowerCase()).replaceAll(/\*+/g, "[^/]*").replaceAll("?", "[^/]");
  return new RegExp(`^${body}$`);
}

/** True for text with wildcards. */
export function isArnPattern(text: string): boolean {
  return /[*?]/.test(text);
}

function findPatternFlaw(parts: ArnParts | undefined): string | undefined {
  if (parts === undefined) return "a pattern must be an ARN";
  if (findPartition(parts.partition) === undefined) return "a pattern must name its partition";
  if (parts.service !== "iam" || parts.region !== "" || !/^(?:role|user)\/./.test(parts.resource))
    return "a pattern must be of IAM roles or users";
  if (!/^\d{12}$/.test(parts.account)) return "a pattern must name one account: a wildcard there lets in every account of the world";
  return isPathUncheckable(parts.resource)
    ? "a pattern of or under a role path cannot be checked, because STS does not tell the path"
    : undefined;
}

function isPathUncheckable(resource: string): boolean {
  const [kind, ...path] = resource.split("/");
  const name = path.at(-1) ?? "";
  const isOfIdentityCenter = identityCenterPath.test(resource) && name.startsWith("awsreservedsso_");
  // Also where the name is exact: without its path it would be every role of that name.
  return kind === "role" && path.length > 1 && path.some((part) => isArnPattern(part)) && !isOfIdentityCenter;
}

/**
 * A pattern over canonical ARNs in lower case. Only the name may hold wildcards: one in the account would let in every account
 * of the world, and a path cannot be checked, because STS does not tell it.
 */
export function parseArnPattern(text: string): ArnPattern {
  const flaw = findPatternFlaw(findArnParts(text.toLowerCase()));
  return flaw === undefined ? { kind: "pattern", matches: toExpression(stripRolePath(text)) } : refuse(flaw);
}

/**
 * The pattern of the role that IAM Identity Center makes of a permission set: its name, and a suffix without `_`, so that
 * `Admin` is not `Admin_ReadOnly`.
 */
export function parseSsoRole(role: SsoRole): ArnPattern {
  const { permissionSetName, accountId, partition = "aws" } = role;
  if (!/^\d{12}$/.test(accountId)) return refuse("sso.accountID is not twelve digits (quote it, or YAML takes it for a number)");
  if (!/^[\w+=,.@-]{1,32}$/.test(permissionSetName)) return refuse("sso.permissionSetName is not the name of a permission set");
  if (findPartition(partition) === undefined) return refuse("sso.partition is no partition of AWS");
  const start = escape(`arn:${partition}:iam::${accountId}:role/AWSReservedSSO_${permissionSetName}_`.toLowerCase());
  return { kind: "pattern", matches: new RegExp(`^${start}[^_/]+$`) };
}
