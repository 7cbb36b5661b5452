import type { CallerIdentity } from "../caller-identity.ts";
import type { MappingProblem, MappingRule, MappingSet } from "./rule.ts";

/** What looking an identity up in one backend gave. */
export type Lookup =
  | { readonly kind: "found"; readonly rule: MappingRule }
  /** The id is known, but belongs to another ARN: never a match, and worth a line in the log. */
  | { readonly kind: "mismatch"; readonly rule: MappingRule }
  | { readonly kind: "absent" };

interface ListIndex {
  readonly byArn: ReadonlyMap<string, MappingRule>;
  /** `undefined` where two roles of different paths would be one. */
  readonly byArnWithoutPath: ReadonlyMap<string, MappingRule | undefined>;
  readonly byUserId: ReadonlyMap<string, MappingRule>;
  readonly patterns: readonly MappingRule[];
}

function isSameResult(left: MappingRule, right: MappingRule): boolean {
  return left.username === right.username && JSON.stringify(left.groups) === JSON.stringify(right.groups);
}

function indexWithoutPath(rules: readonly MappingRule[]): ReadonlyMap<string, MappingRule | undefined> {
  const index = new Map<string, MappingRule | undefined>();
  for (const rule of rules) {
    const key = rule.match.arnWithoutPath;
    if (key === undefined) continue;
    const other = index.get(key);
    const isClear = !index.has(key) || (other !== undefined && (other.match.arn === rule.match.arn || isSameResult(other, rule)));
    index.set(key, isClear ? rule : undefined);
  }
  return index;
}

function indexRules(rules: readonly MappingRule[], isStrict: boolean): ListIndex {
  const byArn = new Map<string, MappingRule>();
  const byUserId = new Map<string, MappingRule>();
  const patterns: MappingRule[] = [];
  // What comes later wins, as in aws-iam-authenticator.
  for (const rule of rules) {
    const { arn, pattern, userId } = rule.match;
    if (isStrict) byUserId.set(userId ?? "", rule);
    else if (pattern !== undefined) patterns.push(rule);
    else if (arn !== undefined) byArn.set(arn, rule);
  }
  return { byArn, byUserId, patterns, byArnWithoutPath: isStrict ? new Map() : indexWithoutPath(rules) };
}

function judgePin(rule: MappingRule, identity: CallerIdentity): Lookup {
  const { userId } = rule.match;
  return userId === undefined || userId === identity.userId ? { kind: "found", rule } : { kind: "mismatch", rule };
}

function findShadowed(rules: readonly MappingRule[], isStrict: boolean): readonly MappingProblem[] {
  const last = new Map<string, MappingRule>();
  const keyOf = ({ match }: MappingRule): string | undefined => (isStrict ? match.userId : match.arn);
  for (const rule of rules) last.set(keyOf(rule) ?? "", rule);
  return rules.flatMap((rule): readonly MappingProblem[] => {
    const key = keyOf(rule);
    const winner = key === undefined ? undefined : last.get(key);
    if (winner === undefined || winner === rule || isSameResult(winner, rule)) return [];
    const message = `it counts for nobody: ${winner.place} is for the same ${isStrict ? "user id" : "ARN"}`;
    return [{ place: rule.place, severity: "warning", code: "ENTRY_SHADOWED", message }];
  });
}

/** Finds the rule of an identity: an exact ARN before one whose path is left out, before patterns; roles before users. */
export class MappingIndex {
  readonly set: MappingSet;
  readonly #isStrict: boolean;
  readonly #lists: readonly ListIndex[];

  constructor(set: MappingSet, isStrict = false) {
    this.set = set;
    this.#isStrict = isStrict;
    this.#lists = (["roles", "users"] as const).map((list) =>
      indexRules(
        set.rules.filter((rule) => rule.list === list),
        isStrict,
      ),
    );
  }

  /** Looks an identity up. */
  find(identity: CallerIdentity): Lookup {
    for (const list of this.#lists) {
      const lookup = this.#isStrict ? findById(list, identity) : findByArn(list, identity);
      if (lookup.kind !== "absent") return lookup;
    }
    return { kind: "absent" };
  }

  /** What only shows when all entries are looked at together. */
  findProblems(): readonly MappingProblem[] {
    const shadowed = (["roles", "users"] as const).flatMap((name) =>
      findShadowed(
        this.set.rules.filter(({ list }) => list === name),
        this.#isStrict,
      ),
    );
    const ambiguous = this.#lists.flatMap((list) =>
      [...list.byArnWithoutPath].flatMap(([arn, rule]): readonly MappingProblem[] =>
        rule === undefined
          ? [
              {
                place: arn,
                severity: "error",
                code: "ROLE_PATH_AMBIGUOUS",
                message: "two entries differ in the role path alone: neither counts",
              },
            ]
          : [],
      ),
    );
    return [...ambiguous, ...shadowed];
  }
}

function findById(list: ListIndex, identity: CallerIdentity): Lookup {
  const rule = list.byUserId.get(identity.userId);
  if (rule === undefined) return { kind: "absent" };
  const { arn } = rule.match;
  return arn === undefined || arn === identity.canonicalArn.toLowerCase() ? { kind: "found", rule } : { kind: "mismatch", rule };
}

function findByArn(list: ListIndex, identity: CallerIdentity): Lookup {
  const arn = identity.canonicalArn.toLowerCase();
  const rule =
    list.byArn.get(arn) ?? list.byArnWithoutPath.get(arn) ?? list.patterns.findLast(({ match }) => match.pattern?.test(arn) === true);
  return rule === undefined ? { kind: "absent" } : judgePin(rule, identity);
}
