import { audiences } from "./configurations.ts";
import { claimMutations, headerMutations, type TokenDraft, wireMutations } from "./mutations.ts";
import { algorithmsOf, type SigningKey, signText } from "./keys.ts";
import type { Random } from "./random.ts";

/** A token, and what was done to a good one to get it. */
export interface GeneratedToken {
  readonly text: string;
  readonly mutations: readonly string[];
}

/** The instant of every judgement, in milliseconds; the half second shows who rounds. */
export const nowMs = 1_700_000_000_500;
const nowSeconds = 1_700_000_000;

function createDraft(url: string, key: SigningKey, random: Random): TokenDraft {
  const json = (value: unknown): string => JSON.stringify(value);
  const claims: [string, string][] = [
    ["iss", json(url)],
    ["aud", json(random.chance(0.5) ? random.pick(audiences) : audiences)],
    ["exp", String(nowSeconds + 3600)],
    ["sub", json(random.pick(["jane", "jane@example.com", "system:admin", "Ünïcode", "1234"]))],
  ];
  const optional: readonly (readonly [string, string])[] = [
    ["iat", String(nowSeconds - 60)],
    ["nbf", String(nowSeconds - 60)],
    ["email", json("jane@example.com")],
    ["email_verified", "true"],
    ["username", json("jane")],
    ["constructor", json("built")],
    ["toString", json("text")],
    ["__proto__", json("parent")],
    ["a.b/c", json("dotted")],
    ["groups", json(["team1", "team2"])],
    ["roles", json("admin,dev")],
    ["uid", json("u-1")],
    ["jti", json(random.pick(["id-1", "revoked"]))],
    ["hd", json("example.com")],
    ["tenant", json("example.com")],
    ["number", random.pick(["1", "42.5", "1700081020", "-0", "1e20", "99999999999999999999"])],
    ["nested", json({ name: "inner", level: 3, list: [1, { "x.y": true }] })],
  ];
  const isFull = random.chance(0.5);
  claims.push(...optional.filter(() => random.chance(isFull ? 0.98 : 0.7)).map(([name, value]): [string, string] => [name, value]));
  return {
    header: [
      ["alg", json(random.pick(algorithmsOf(key)))],
      ["kid", json(key.kid)],
    ],
    claims,
    key,
    signer: key,
  };
}

function formatMembers(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

function algorithmOf(draft: TokenDraft): string {
  const named = draft.header.findLast(([name]) => name === "alg")?.[1] ?? "";
  const [first = "RS256"] = algorithmsOf(draft.signer);
  return algorithmsOf(draft.signer).find((algorithm) => JSON.stringify(algorithm) === named) ?? first;
}

function formatToken(draft: TokenDraft): string {
  const encode = (text: string): string => Buffer.from(text, "utf8").toString("base64url");
  const payload = draft.payloadBytes ?? Buffer.from(draft.payload ?? formatMembers(draft.claims), "utf8");
  const signed = `${encode(draft.headerText ?? formatMembers(draft.header))}.${payload.toString("base64url")}`;
  const token = `${signed}.${signText(signed, draft.signer, algorithmOf(draft))}`;
  return draft.change === undefined ? token : draft.change(token);
}

const all = [...claimMutations, ...headerMutations, ...wireMutations];

/** The names of all mutations, each of which a run must have tried. */
export const mutationNames: readonly string[] = all.map(({ name }) => name);

/** A token of an issuer's, good or spoilt; `forced` names one mutation that must be in it. */
export function generateToken(url: string, keys: readonly SigningKey[], random: Random, forced?: string): GeneratedToken {
  // Signing with RSA takes most of a run's time.
  const quick = keys.filter(({ kind }) => kind !== "RSA");
  const draft = createDraft(url, random.pick(random.chance(0.05) ? keys : quick), random);
  const chosen = forced === undefined ? [] : all.filter(({ name }) => name === forced);
  // Some good ones, many with one fault, and some with two, where the order of checks shows.
  const count = forced === undefined ? random.pick([0, 0, 1, 1, 1, 2]) : 0;
  const applied = [...chosen, ...Array.from({ length: count }, () => random.pick(all))];
  const changed = applied.reduce((current, mutation) => mutation.apply(current, { random, keys }), draft);
  return { text: formatToken(changed), mutations: applied.map(({ name }) => name) };
}
