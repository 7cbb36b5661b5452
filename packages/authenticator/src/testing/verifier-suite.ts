import assert from "node:assert/strict";
import { Secret } from "@kubepass/wire";
import type { Verdict, Verifier, VerifyContext } from "../verifier.ts";

/** The part of a test runner that the suite needs: `test` of vitest, bun or node:test. */
export type TestFunction = (name: string, body: () => Promise<void>) => unknown;

/** What the suite needs to know of a verifier. Everything is asked at {@link VerifierSuite.now}. */
export interface VerifierSuite {
  create(): Verifier | Promise<Verifier>;
  readonly now: Date;
  /** A token that it verifies. */
  readonly good: string;
  /** Tokens of its form that it refuses. */
  readonly bad: readonly string[];
  /** Tokens of other forms. */
  readonly foreign: readonly string[];
}

const hostile = ["", ".", "..", "...", "\u0000", "\ud800", "{}", "a.b.c", "x".repeat(100_000), "é".repeat(1000), "../../etc/passwd"];

function judgeShape(verdict: Verdict): void {
  if (verdict.kind === "verified") {
    const { username, uid, groups, extra } = verdict.user;
    assert.ok([username, uid, ...groups, ...Object.keys(extra)].every((text) => typeof text === "string"));
    assert.ok(Object.values(extra).every((values) => values.every((text) => typeof text === "string")));
    return;
  }
  assert.match(verdict.code, /^[A-Z][A-Z0-9_]*$/);
  assert.match(verdict.message, /^[^\n]+$/);
}

/** What every {@link Verifier} must do. Three lines in a test file of your own. */
export function testVerifier(test: TestFunction, name: string, suite: VerifierSuite): void {
  const withVerifier = async (body: (verifier: Verifier, context: VerifyContext) => Promise<void>): Promise<void> => {
    const verifier = await suite.create();
    try {
      await body(verifier, { audiences: [], now: suite.now, signal: new AbortController().signal });
    } finally {
      await verifier.close?.();
    }
  };

  test(`${name}: has a short name`, () =>
    withVerifier(async (verifier) => {
      assert.match(verifier.name, /^[a-z][a-z-]{1,30}$/);
    }));

  test(`${name}: verifies the good token, the same each time`, () =>
    withVerifier(async (verifier, context) => {
      assert.ok(verifier.claims(suite.good));
      const first = await verifier.verify(new Secret(suite.good), context);
      assert.equal(first.kind, "verified");
      judgeShape(first);
      assert.deepEqual(await verifier.verify(new Secret(suite.good), context), first);
      if (first.kind === "verified" && first.expiresAt !== undefined) assert.ok(first.expiresAt >= suite.now);
    }));

  test(`${name}: refuses the bad tokens as values, in one line, with a stable code and without the token`, () =>
    withVerifier(async (verifier, context) => {
      for (const token of suite.bad) {
        assert.ok(verifier.claims(token));
        const verdict = await verifier.verify(new Secret(token), context);
        assert.equal(verdict.kind, "refused");
        judgeShape(verdict);
        assert.ok(!JSON.stringify(verdict).includes(token));
      }
    }));

  test(`${name}: leaves tokens of other forms to others`, () =>
    withVerifier(async (verifier) => {
      for (const token of suite.foreign) assert.equal(verifier.claims(token), false);
    }));

  test(`${name}: never throws, whatever a token is`, () =>
    withVerifier(async (verifier, context) => {
      for (const token of [...hostile, `${suite.good}.`, suite.good.slice(0, -1), ` ${suite.good}`]) {
        assert.equal(typeof verifier.claims(token), "boolean");
        judgeShape(await verifier.verify(new Secret(token), context));
      }
    }));

  test(`${name}: answers many at once`, () =>
    withVerifier(async (verifier, context) => {
      const verdicts = await Promise.all(Array.from({ length: 50 }, async () => await verifier.verify(new Secret(suite.good), context)));
      assert.ok(verdicts.every(({ kind }) => kind === "verified"));
    }));
}
