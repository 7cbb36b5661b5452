import { expect, it } from "vitest";
import { findLiteralPrefix, findMappedPrefix } from "./expression-prefix.ts";

it.each([
  ["'oidc:' + claims.sub", "oidc:"],
  [' "oidc:"+ claims.sub', "oidc:"],
  ["claims.sub + 'oidc:'", undefined],
  ["'oidc:'", undefined],
  ["'a\\'b' + claims.sub", undefined],
])("what %s begins with is %s", (expression, prefix) => {
  expect(findLiteralPrefix(expression)).toBe(prefix);
});

it.each([
  ["dyn(claims.groups).map(g, 'oidc:' + g)", "oidc:"],
  ["claims.roles.split(',').map(r, \"oidc:\" + r.lowerAscii())", "oidc:"],
  ["has(claims.groups) ? dyn(claims.groups).map(g, 'oidc:' + g) : []", "oidc:"],
  ["'groups' in claims ? dyn(claims.groups).map(g, 'o(:' + g) : []", "o(:"],
  ["claims.?groups.orValue(dyn([])).map(g, 'oidc:' + g)", undefined],
  ["dyn(claims.groups).map(g, 'oidc:' + g) + ['extra']", undefined],
  ["['extra'] + dyn(claims.groups).map(g, 'oidc:' + g).map(g, g)", undefined],
  ["['extra'] + dyn(claims.groups).map(g, 'oidc:' + g)", undefined],
  ["has(claims.groups) ? claims.roles + dyn(claims.groups).map(g, 'oidc:' + g) : []", undefined],
  ["dyn(claims.groups).map(g, g)", undefined],
  ["dyn(claims.groups).map(g, g + 'oidc:')", undefined],
  ["dyn(claims.groups).map(g, g == 'a', 'oidc:' + g)", undefined],
  ["dyn(claims.groups).map(g, 'oidc:' + g == 'oidc:a' ? g : 'x')", undefined],
  ["has(claims.groups) ? dyn(claims.groups).map(g, 'oidc:' + g) : [claims.sub]", undefined],
  ["has(claims.a) ? claims.b : dyn(claims.groups).map(g, 'oidc:' + g)", undefined],
  ["claims.groups", undefined],
])("what each item of %s begins with is %s", (expression, prefix) => {
  expect(findMappedPrefix(expression)).toBe(prefix);
});
