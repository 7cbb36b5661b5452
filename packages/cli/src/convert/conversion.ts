import type { Secret } from "@kubepass/wire";
import type { ExecStanza } from "../plugin-stanza.ts";

/** What decides about a conversion beside the user entry itself. */
export interface Surroundings {
  /** The program that the new entry runs: kubepass. */
  readonly command: string;
  /** Whether a cluster of the user has something to say to plugins. */
  readonly providesClusterInfo: boolean;
  /** The AWS region that the names of the user's API servers tell. */
  readonly region?: string | undefined;
  /** Where a client secret may be kept, as a whole path. */
  readonly secretFile?: string | undefined;
  /** Keeps the person apart from others with the same issuer and client. */
  readonly account?: string | undefined;
  /** A path of the kubeconfig as a whole one. */
  readonly resolvePath: (path: string) => string;
}

/** A user entry that can be made to sign in otherwise. */
export interface Converted {
  readonly kind: "converted";
  /** What it was, and is, for people. */
  readonly from: string;
  readonly to: string;
  /** Members of the new `exec`; others of an old one stay. */
  readonly exec: ExecStanza;
  /** What is different now. */
  readonly notes: readonly string[];
  /** What is left to do by hand. */
  readonly todo: readonly string[];
  /** A client secret, to be written to {@link Surroundings.secretFile}. */
  readonly secret?: Secret | undefined;
  /** Whom the old entry's ID token was for, without trust. */
  readonly person?: Person | undefined;
}

/** Whom a token speaks for, as it says itself. */
export interface Person {
  readonly subject: string;
  /** By which people know this account. */
  readonly account?: string | undefined;
}

/**
 * A user entry that stays. `current`: there is nothing to convert; `foreign`: nothing of it is known; `refused`: its kind is known, and
 * this one cannot be converted.
 */
export interface Kept {
  readonly kind: "current" | "foreign" | "refused";
  readonly from: string;
  readonly reason: string;
  readonly hint?: string | undefined;
}

/** What becomes of a user entry. */
export type Conversion = Converted | Kept;

/** A user entry of a known kind that stays as it is. */
export function refuseConversion(from: string, reason: string, hint?: string): Kept {
  return { kind: "refused", from, reason, hint };
}
