import { findOwnKeys } from "./aws-files.ts";
import type { EksSetting } from "./eks-options.ts";

/**
 * Whether the token follows from what was read already: keys in variables, or keys that stand in the profile itself, without any
 * role or MFA code. Pure.
 */
export function isComputed({ options, source, files }: EksSetting): boolean {
  if (options.roles.length > 0 || options.mfaSerial !== undefined) return false;
  if (source.kind === "environment") return true;
  const profile = source.kind === "profile" ? files.profiles.get(source.name) : undefined;
  if (profile === undefined || profile.values.has("role_arn")) return false;
  return findOwnKeys(profile) !== undefined;
}
