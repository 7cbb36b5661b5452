import type { ConfigurationProblem } from "../configuration/problem.ts";

/** A problem with what to do about it, where that is known. */
export interface HintedProblem extends ConfigurationProblem {
  readonly hint?: string | undefined;
}

// What people write first and CEL's type check refuses, since a claim has no type before there is a token.
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /type 'any' cannot be range of a comprehension/,
    "a claim has no type of its own: say dyn(claims.groups).map(...), or has(claims.groups) ? dyn(claims.groups).map(...) : [] where it may be missing",
  ],
  [/"claims\.[^"=<>!&|?(]*": must evaluate to bool/, "a claim alone has no type: compare it, as in claims.email_verified == true"],
  [/userValidationRules.*undefined field/, "user has the fields username, uid, groups and extra"],
  [/prefix: Required value/, 'write prefix: "" for none'],
  [/disallowed issuers/, "tokens of service accounts are kube-apiserver's own: take the entry out"],
];

/** Adds what to do to the problems that people meet most. */
export function addHint(problem: ConfigurationProblem): HintedProblem {
  const text = `${problem.path}: ${problem.message}`;
  const hint = hints.find(([pattern]) => pattern.test(text))?.[1];
  return hint === undefined ? problem : { ...problem, hint };
}
