import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAuthenticationConfiguration } from "../configuration/load.ts";
import { explainClaims } from "../explain/explain.ts";
import { compile, configurationOf, createScene, goodClaims, judge, now } from "../test-support/jwt-scene.ts";
import { createTestKey, encodePart, signJwt } from "../test-support/sign-jwt.ts";
import { compileExpression } from "./compile-expression.ts";
import { parseVerificationKeys } from "./key-set.ts";

// Bounded, so that it can run with every other test; KUBEPASS_FUZZ_RUNS=100000 for a long night.
const numRuns = Number(process.env["KUBEPASS_FUZZ_RUNS"] ?? 300);
const corpus = join(import.meta.dirname, "../test-support/corpus");
const key = createTestKey("one", "P-256");
const text = configurationOf({
  claimMappings: { username: { expression: "string(claims.sub)" }, groups: { claim: "groups", prefix: "" } },
  claimValidationRules: [{ expression: "!has(claims.no) || claims.no == false" }],
  userValidationRules: [{ expression: "user.groups.all(g, g != 'x')" }],
});
const strict = createScene([key], text);
const loose = createScene([key], text, { isInsecureParsingAllowed: true });
const compiled = compile(text);

/** True when both ways to read come to a verdict. */
async function isSurvived(token: string): Promise<boolean> {
  for (const verifier of [strict, loose]) {
    const { kind } = await judge(verifier, token);
    if (typeof verifier.claims(token) !== "boolean" || kind === "uncertain") return false;
  }
  return true;
}

function isConfigurationSurvived(file: string): boolean {
  return ["valid", "invalid"].includes(parseAuthenticationConfiguration(file, compileExpression).kind);
}

function isExpressionSurvived(expression: string): boolean {
  const result = compileExpression(expression, "claims");
  return result.kind === "invalid" || typeof result.program.evaluate({ claims: goodClaims }).kind === "string";
}

async function survive(token: string): Promise<void> {
  expect(await isSurvived(token)).toBe(true);
}

const anyText = fc.string({ unit: "binary", maxLength: 200 });
const json = fc.json({ maxDepth: 6 });

describe("random input ends in a verdict, never in an exception", () => {
  it.each(readdirSync(join(corpus, "tokens")))("the kept token %s", async (name) => {
    const payload = readFileSync(join(corpus, "tokens", name));
    expect(await isSurvived(signJwt({ alg: "ES256", kid: "one" }, payload, key))).toBe(true);
    expect(await isSurvived(payload.toString("latin1"))).toBe(true);
  });

  it.each(readdirSync(join(corpus, "configurations")))("the kept configuration %s", (name) => {
    expect(isConfigurationSurvived(readFileSync(join(corpus, "configurations", name), "utf8"))).toBe(true);
  });

  it("of tokens", async () => {
    expect.hasAssertions();
    const part = fc.oneof(anyText, json.map(encodePart), anyText.map(encodePart));
    await fc.assert(
      fc.asyncProperty(part, part, part, async (...parts) => await survive(parts.join("."))),
      { numRuns },
    );
  });

  it("of signed claims", async () => {
    expect.hasAssertions();
    const members = fc.dictionary(
      fc.constantFrom("iss", "aud", "exp", "nbf", "sub", "groups", "jti", "no", "_claim_names"),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(members, fc.boolean(), async (claims, isOurs) => {
        await survive(signJwt({ alg: "ES256", kid: "one" }, JSON.stringify(isOurs ? { ...goodClaims, ...claims } : claims), key));
      }),
      { numRuns },
    );
  });

  it("of headers", async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(fc.oneof(json, anyText), async (header) => await survive(signJwt(header, goodClaims, key))),
      { numRuns },
    );
  });

  it("of claims to explain", () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, fc.jsonValue()), (claims) => {
        const value: ReturnType<typeof JSON.parse> = JSON.parse(JSON.stringify(claims));
        expect(explainClaims(compiled, value, now).steps.length).toBeGreaterThan(0);
      }),
      { numRuns },
    );
  });

  it("of configurations", () => {
    const changed = fc
      .tuple(fc.nat(text.length), fc.nat(20), anyText)
      .map(([from, length, patch]) => text.slice(0, from) + patch.slice(0, 8) + text.slice(from + length));
    fc.assert(
      fc.property(fc.oneof(anyText, json, changed), (file) => {
        expect(isConfigurationSurvived(file)).toBe(true);
      }),
      { numRuns },
    );
  });

  it("of expressions", () => {
    const piece = fc.constantFrom(
      "claims",
      ".",
      "sub",
      "(",
      ")",
      "[",
      "]",
      "'a'",
      "1",
      "+",
      "==",
      "&&",
      "?",
      ":",
      "has",
      "map",
      ",",
      "x",
      "{",
      "}",
      "r'('",
      "matches",
      "dyn",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        expect(isExpressionSurvived(pieces.join(""))).toBe(true);
      }),
      { numRuns },
    );
  });

  it("of key sets", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, json), (file) => {
        expect(parseVerificationKeys(file) ?? []).toBeInstanceOf(Array);
      }),
      { numRuns },
    );
  });
});
