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

async function survive(token: string): Promise<void> {
  for (const verifier of [strict, loose]) {
    if (verifier.claims(token)) expect(["verified", "refused"]).toContain((await judge(verifier, token)).kind);
  }
}

function surviveConfiguration(file: string): void {
  expect(["valid", "invalid"]).toContain(parseAuthenticationConfiguration(file, compileExpression).kind);
}

const anyText = fc.string({ unit: "binary", maxLength: 200 });
const json = fc.json({ maxDepth: 6 });

describe("random input ends in a verdict, never in an exception", () => {
  it.each(readdirSync(join(corpus, "tokens")))("the kept token %s", async (name) => {
    const payload = readFileSync(join(corpus, "tokens", name));
    await survive(signJwt({ alg: "ES256", kid: "one" }, payload, key));
    await survive(payload.toString("latin1"));
  });

  it.each(readdirSync(join(corpus, "configurations")))("the kept configuration %s", (name) => {
    surviveConfiguration(readFileSync(join(corpus, "configurations", name), "utf8"));
  });

  it("of tokens", async () => {
    const part = fc.oneof(anyText, json.map(encodePart), anyText.map(encodePart));
    await fc.assert(
      fc.asyncProperty(part, part, part, async (...parts) => await survive(parts.join("."))),
      { numRuns },
    );
  });

  it("of signed claims", async () => {
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
    fc.assert(fc.property(fc.oneof(anyText, json, changed), surviveConfiguration), { numRuns });
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
        const result = compileExpression(pieces.join(""), "claims");
        if (result.kind === "compiled") expect(result.program.evaluate({ claims: goodClaims }).kind).toBeTypeOf("string");
      }),
      { numRuns },
    );
  });

  it("of key sets", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, json), (file) => void parseVerificationKeys(file)),
      { numRuns },
    );
  });
});
