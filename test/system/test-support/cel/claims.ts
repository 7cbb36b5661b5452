import type { Random } from "./random.ts";
import { samples } from "./samples.ts";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const numbers = [0, 1, -1, 3, 1.5, 1700081020, 9007199254740992, 1e21, -0.0001, 1e-7, 2 ** 63, 255];

function scalar(random: Random): Json {
  const kind = random.below(6);
  if (kind === 0) return random.pick(numbers);
  if (kind === 1) return random.chance(0.5);
  if (kind === 2 && random.chance(0.5)) return null;
  return random.pick([...samples.text, ...samples.number, ...samples.ip.slice(0, 3), ...samples.duration.slice(0, 3)]);
}

function member(random: Random, depth: number): Json {
  if (depth === 0 || random.chance(0.5)) return scalar(random);
  if (random.chance(0.5)) return Array.from({ length: random.below(4) }, () => member(random, depth - 1));
  return object(random, depth - 1);
}

function object(random: Random, depth: number): { [key: string]: Json } {
  const result: { [key: string]: Json } = {};
  for (let count = random.below(4); count > 0; count -= 1)
    result[random.pick(["x", "y", "a", "b", ...samples.escaped])] = member(random, depth);
  return result;
}

/** Claims with the names that generated expressions ask for; some are missing. */
export function makeClaims(random: Random): { [key: string]: Json } {
  const all: { [key: string]: Json } = {
    email: random.pick(["a@example.com", "", "ü@x.y"]),
    email_verified: random.pick<Json>([true, false, "true"]),
    n: random.pick(numbers),
    i: random.pick([0, 1, 2, 3, -1]),
    s: random.pick(samples.text),
    groups: random.pick<Json>([["dev", "ops"], [], ["a"], "dev", [1, "b"], ["", "x"]]),
    roles: random.pick(["a,b", "admin", ""]),
    nested: object(random, 3),
    list: Array.from({ length: random.below(4) }, () => member(random, 2)),
    b: random.chance(0.5),
    nul: null,
    "k8s.io/x": scalar(random),
    "a.b": scalar(random),
  };
  return Object.fromEntries(Object.entries(all).filter(() => random.chance(0.85)));
}

/** User info. */
export function makeUser(random: Random): { username: string; uid: string; groups: string[]; extra: Record<string, string[]> } {
  return {
    username: random.pick(["jane", "", "system:admin", "ü"]),
    uid: random.pick(["", "1", "u-1"]),
    groups: random.pick([[], ["dev"], ["dev", "ops"]]),
    extra: random.pick([{}, { "example.com/x": ["1", "2"] }, { plain: [] }]),
  };
}
