import type { JsonObject } from "@kubepass/wire";

// Claims that name a person as people do at a sign-in; `upn` is Microsoft's.
const nameClaims = ["email", "preferred_username", "upn"];

/**
 * The name of who signed in, where it is surely another one than the account that was asked for: both are addresses, and none of the
 * claims is the account. An account may be any word of the person's own, of which nothing can be said. Pure.
 */
export function findOtherAccount(account: string | undefined, claims: JsonObject | undefined): string | undefined {
  if (account === undefined || !account.includes("@")) return undefined;
  const values = nameClaims.map((name) => claims?.[name]);
  const names = values.filter((value) => typeof value === "string").filter((name) => name.includes("@"));
  return names.some((name) => name.toLowerCase() === account.toLowerCase()) ? undefined : names[0];
}
