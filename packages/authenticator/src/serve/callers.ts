import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { TlsPeer } from "../http/tls-server.ts";

/** Who may ask for reviews. */
export interface CallerRules {
  /** Unsafe: anybody may. */
  readonly isAnybodyAllowed: boolean;
  readonly hasClientAuthority: boolean;
  /** Common names that are taken; every one when empty. */
  readonly clientNames: readonly string[];
  /** Bearer tokens that are taken. */
  readonly tokens: readonly string[];
}

/** Whether a caller may ask, by its TLS peer and its Authorization header. */
export type AuthenticateCaller = (peer: TlsPeer, authorization: string | undefined) => boolean;

const bearer = /^bearer +([^\s]+)$/i;

/** The tokens of a file: one a line, blank lines and lines that begin with `#` passed over. */
export function parseCallerTokens(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** Makes the check. Tokens are compared by keyed hashes of one length, so that time says nothing of them. */
export function createCallerCheck(rules: CallerRules): AuthenticateCaller {
  const { isAnybodyAllowed, hasClientAuthority, clientNames, tokens } = rules;
  const key = randomBytes(32);
  const hash = (token: string): Buffer => createHmac("sha256", key).update(token).digest();
  const hashes = tokens.map(hash);
  const isNamed = (peer: TlsPeer): boolean =>
    hasClientAuthority && peer.clientName !== undefined && (clientNames.length === 0 || clientNames.includes(peer.clientName));
  return (peer, authorization) => {
    if (isAnybodyAllowed || isNamed(peer)) return true;
    const token = bearer.exec(authorization ?? "")?.[1];
    if (token === undefined) return false;
    const given = hash(token);
    // All of them, whichever matches.
    return hashes.filter((known) => timingSafeEqual(known, given)).length > 0;
  };
}
