import { CredentialError, isJsonObject, Secret } from "@kubepass/wire";
import type { Session } from "../provider.ts";

/** A session as text for a store. */
export function formatSession(session: Session): string {
  return JSON.stringify({ version: 1, secret: session.secret.reveal(), expiresAt: session.expiresAt?.toISOString() });
}

/** The failure of a session that cannot be read back: unlike a cache entry it is not dropped in silence. */
export function corruptSession(place: string, what: string): CredentialError {
  return new CredentialError("SESSION_CORRUPT", `the stored session in ${place} is damaged: ${what}`, {
    hint: "sign in again, or remove it with the logout command",
  });
}

/** Reads a session back. Throws `SESSION_CORRUPT`, naming the place. */
export function parseSession(text: string, place: string): Session {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw corruptSession(place, "it is not JSON");
  }
  if (!isJsonObject(value) || value["version"] !== 1) throw corruptSession(place, "it is of another version");
  const { secret, expiresAt } = value;
  if (typeof secret !== "string") throw corruptSession(place, "it holds no secret");
  if (expiresAt === undefined) return { secret: new Secret(secret) };
  const instant = new Date(typeof expiresAt === "string" ? expiresAt : Number.NaN);
  if (Number.isNaN(instant.getTime())) throw corruptSession(place, "its end is not an instant");
  return { secret: new Secret(secret), expiresAt: instant };
}
