import { Secret } from "@kubepass/wire";
import { expect, test } from "vitest";
import { configurationOf, createScene, goodClaims, judge, now } from "../test-support/jwt-scene.ts";
import { createTestKey, signJwt } from "../test-support/sign-jwt.ts";
import type { TraceStep } from "./trace.ts";

const key = createTestKey("one", "P-256");
// A map does not have what the claim says, which the failure's message quotes.
const expression = '{"a": "b"}[claims.sub]';
const username = { claim: "sub", prefix: "" };
const userRule = '{"a": true}[user.username]';

test.each([
  ["USERNAME_UNREADABLE", { claimMappings: { username: { expression } } }],
  ["GROUPS_UNREADABLE", { claimMappings: { username, groups: { expression } } }],
  ["UID_UNREADABLE", { claimMappings: { username, uid: { expression } } }],
  ["EXTRA_UNREADABLE", { claimMappings: { username, extra: [{ key: "example.com/x", valueExpression: expression }] } }],
  ["CLAIM_RULE_FAILED", { claimValidationRules: [{ expression: `${expression} == "b"` }] }],
  ["USER_RULE_FAILED", { userValidationRules: [{ expression: userRule }] }],
])("%s of an expression that fails quotes no claim; its trace does", async (code, members) => {
  const verifier = createScene([key], configurationOf(members));
  const token = signJwt({ alg: "ES256", kid: "one" }, { ...goodClaims, sub: "private-value" }, key);
  const verdict = await judge(verifier, token);
  expect(verdict).toMatchObject({ kind: "refused", code });
  expect(JSON.stringify(verdict)).not.toContain("private-value");
  expect(JSON.stringify(verdict)).toContain("resulted in error CEL_NO_SUCH_KEY");
  const steps: TraceStep[] = [];
  const context = { audiences: [], now, signal: new AbortController().signal };
  await verifier.trace(new Secret(token), context, (step) => steps.push(step));
  expect(steps.find(({ outcome }) => outcome === "failed")?.detail).toContain("no such key: private-value");
});
