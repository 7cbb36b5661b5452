import {
  type CompileExpression,
  createFixedKeySource,
  createJwtVerifier,
  type JwtVerifier,
  parseAuthenticationConfiguration,
  parseVerificationKeys,
  type Verdict,
} from "@kubepass/authenticator";
import { Secret } from "@kubepass/wire";
import { categoryOfCode, categoryOfText } from "./categories.ts";
import intended from "./intended-differences.json" with { type: "json" };
import type { SigningKey } from "./keys.ts";
import type { OracleVerdict } from "./oracle.ts";
import { type GeneratedToken, nowMs } from "./tokens.ts";

/** One line that says everything about a verdict that must be the same. */
export type Outcome = string;

function sorted(extra: Readonly<Record<string, readonly string[]>>): unknown {
  return Object.entries(extra).toSorted(([one], [other]) => (one < other ? -1 : 1));
}

/** kube-apiserver's verdict. */
export function outcomeOfOracle(verdict: OracleVerdict): Outcome {
  if (verdict.kind === "verified" && verdict.user !== undefined) {
    const { username, uid, groups, extra } = verdict.user;
    return `verified ${JSON.stringify([username, uid, groups ?? [], sorted(extra ?? {})])}`;
  }
  return verdict.kind === "refused" ? `refused ${categoryOfText(verdict.error ?? "")}` : verdict.kind;
}

function outcomeOf(verdict: Verdict): Outcome {
  if (verdict.kind === "uncertain") return `uncertain ${verdict.code}`;
  if (verdict.kind === "refused") return `refused ${categoryOfCode(verdict.code)}`;
  const { username, uid, groups, extra } = verdict.user;
  return `verified ${JSON.stringify([username, uid, groups, sorted(extra)])}`;
}

/** Our verdict: `none` where no verifier would be asked. */
export async function judgeToken(verifier: JwtVerifier, token: string): Promise<Outcome> {
  if (!verifier.claims(token)) return "none";
  const context = { audiences: [], now: new Date(nowMs), signal: new AbortController().signal };
  return outcomeOf(await verifier.verify(new Secret(token), context));
}

/** A verifier of a configuration text, or the paths of what is wrong with it. */
export function createVerifier(
  text: string,
  keys: readonly SigningKey[],
  compile: CompileExpression,
  isInsecureParsingAllowed: boolean,
): JwtVerifier | readonly string[] {
  const result = parseAuthenticationConfiguration(text, compile, { isIndexedEmailIgnored: isInsecureParsingAllowed });
  if (result.kind === "invalid") return result.problems.map(({ path, kind }) => (kind === "decoding" ? "undecodable" : path));
  const verificationKeys = parseVerificationKeys(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })) ?? [];
  return createJwtVerifier(result.compiled, () => createFixedKeySource(verificationKeys), { isInsecureParsingAllowed });
}

/** One deliberate difference, as the file lists it. */
interface IntendedDifference {
  readonly id: string;
  readonly why: string;
  /** `keys`: of key sets with an odd key. `files`: of configuration files with a line break put in. `strict`: gone with `isInsecureParsingAllowed`. `always`: there is no switch, and `why` says so. */
  readonly where: string;
  /** What must have been done to the token. */
  readonly mutations: readonly string[];
  /** The beginning of kube-apiserver's outcome. */
  readonly upstream: string;
  readonly ours: string;
}

const differences: readonly IntendedDifference[] = intended;

/** The listed difference that explains why two outcomes are not the same. */
export function findIntended(token: GeneratedToken, upstream: Outcome, ours: Outcome, isLoose: boolean): string | undefined {
  return differences.find(
    (difference) =>
      (difference.where === "always" || !isLoose) &&
      difference.mutations.some((mutation) => token.mutations.includes(mutation)) &&
      upstream.startsWith(difference.upstream) &&
      ours.startsWith(difference.ours),
  )?.id;
}

/** Whether a difference of files is the listed one: ours refuses a text broken into another line that kube-apiserver still reads. */
export function isFileDifferenceIntended(isLineBroken: boolean, own: readonly string[]): boolean {
  return isLineBroken && differences.some(({ where, ours }) => where === "files" && String(own) === ours);
}

/** The listed difference that explains two outcomes about an issuer's key set with an odd key; `signedBy` is by which key of it. */
export function findIntendedOfKeys(key: string, signedBy: string, upstream: Outcome, ours: Outcome): string | undefined {
  return differences.find(
    (difference) =>
      difference.where === "keys" &&
      (difference.mutations.includes(key) || difference.mutations.includes(`${key}, signed by ${signedBy}`)) &&
      upstream.startsWith(difference.upstream) &&
      ours.startsWith(difference.ours),
  )?.id;
}

const idsOf = (isWanted: (where: string) => boolean): readonly string[] =>
  differences.filter(({ where }) => isWanted(where)).map(({ id }) => id);

/** Every listed difference of tokens: one that no run shows is out of date. */
export const intendedIds: readonly string[] = idsOf((where) => where !== "files" && where !== "keys");

/** The same of key sets. */
export const intendedKeyIds: readonly string[] = idsOf((where) => where === "keys");
