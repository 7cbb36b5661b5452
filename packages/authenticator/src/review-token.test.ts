import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatTokenReview, isCredentialError, Secret, tokenReviewVersions } from "@kubepass/wire";
import { reviewToken, toStatus } from "./review-token.ts";
import { Reviewer, type ReviewerOptions } from "./reviewer.ts";
import { refused, ScriptedVerifier, uncertain, verified } from "./test-support/scripted-verifier.ts";

const [v1] = tokenReviewVersions;

function ask(token: string, audiences: readonly string[] = []): string {
  return formatTokenReview({ apiVersion: v1, token: new Secret(token), audiences });
}

function createScene(verifiers: readonly ScriptedVerifier[], options: Partial<ReviewerOptions> = {}) {
  const clock = { now: new Date("2026-06-01T00:00:00Z") };
  const defects: unknown[] = [];
  const reviewer = new Reviewer({
    verifiers,
    policy: { allowedSystemNames: new Set(), audiences: [], maxTokenLength: 100 },
    cache: { maxEntries: 100, successMs: 10_000, refusalMs: 5000 },
    timeoutMs: 60_000,
    maxInFlight: 100,
    now: () => clock.now,
    onDefect: (_, error) => defects.push(error),
    ...options,
  });
  return {
    reviewer,
    defects,
    pass: (ms: number) => void (clock.now = new Date(clock.now.getTime() + ms)),
    later: (ms: number) => new Date(clock.now.getTime() + ms),
    decide: async (token: string, audiences?: readonly string[]) => (await reviewToken(ask(token, audiences), reviewer)).decision,
  };
}

test("the first verifier that claims the form decides, and nobody else is asked", async () => {
  const [one, two] = [new ScriptedVerifier("a", () => refused, "one"), new ScriptedVerifier("", () => verified("anna"), "two")];
  const { decide } = createScene([one, two]);
  expect(await decide("abc")).toMatchObject({ outcome: "refused", verifier: "one", code: "SCRIPTED_NO" });
  expect(two.asked).toHaveLength(0);
  expect(await decide("xyz")).toMatchObject({ outcome: "verified", verifier: "two", user: { username: "anna" } });
});

test.each([
  ["TOKEN_UNKNOWN", "b-form"],
  ["TOKEN_TOO_LONG", "a".repeat(101)],
  ["TOKEN_MALFORMED", "a b"],
  ["TOKEN_MALFORMED", "a\u0000"],
  ["TOKEN_MALFORMED", "a\ud800"],
])("%s without asking any verifier", async (code, token) => {
  const verifier = new ScriptedVerifier("a", () => verified("anna"));
  const { decide } = createScene([verifier]);
  expect(await decide(token)).toMatchObject({ outcome: "refused", verifier: "none", code });
  expect(verifier.asked).toHaveLength(0);
});

describe("audiences", () => {
  test.each([
    ["nobody asks", [], ["a"], [], "VERIFIED", []],
    ["both know one", ["b", "a"], ["a", "c"], [], "VERIFIED", ["a"]],
    ["the order is that of the question", ["c", "b", "a"], ["a", "b", "c"], [], "VERIFIED", ["c", "b", "a"]],
    ["there is no overlap", ["x"], ["a"], [], "AUDIENCE_MISMATCH", undefined],
    ["the token is for no audience", ["x"], [], ["x"], "AUDIENCE_MISMATCH", undefined],
    ["the verifier knows none, and none are configured", ["x"], undefined, [], "VERIFIED", []],
    ["the verifier knows none, and the configured one is asked for", ["x", "y"], undefined, ["y"], "VERIFIED", ["y"]],
    ["the verifier knows none, and another is configured", ["x"], undefined, ["y"], "AUDIENCE_MISMATCH", undefined],
  ] as const)("when %s", async (_, asked, known, configured, code, told) => {
    const { decide } = createScene([new ScriptedVerifier("", () => verified("anna", { audiences: known }))], {
      policy: { allowedSystemNames: new Set(), audiences: configured, maxTokenLength: 100 },
    });
    const decision = await decide("t", asked);
    expect(decision.code).toBe(code);
    expect("audiences" in decision ? decision.audiences : undefined).toEqual(told);
  });
});

test("guards stand after every verifier", async () => {
  const { decide } = createScene([new ScriptedVerifier("", () => verified("system:admin"))]);
  expect(await decide("t")).toMatchObject({ outcome: "refused", code: "NAME_RESERVED" });
});

describe("the cache", () => {
  test("keeps yes and no for their time, and asks again afterwards", async () => {
    const verifier = new ScriptedVerifier("", (token) => (token === "yes" ? verified("anna") : refused));
    const { decide, pass } = createScene([verifier]);
    for (const token of ["yes", "no", "yes", "no"]) await decide(token);
    expect(verifier.asked).toHaveLength(2);
    pass(5000);
    for (const token of ["yes", "no"]) await decide(token);
    expect(verifier.asked.map(({ token }) => token)).toEqual(["yes", "no", "no"]);
    pass(5000);
    await decide("yes");
    expect(verifier.asked).toHaveLength(4);
  });

  test("never keeps a token beyond its end", async () => {
    const scene = createScene([new ScriptedVerifier("", () => verified("anna", { expiresAt: end }))]);
    const end = scene.later(1000);
    expect(await scene.decide("t")).toMatchObject({ outcome: "verified" });
    scene.pass(999);
    expect(await scene.decide("t")).toMatchObject({ outcome: "verified" });
    scene.pass(1);
    expect(await scene.decide("t")).toMatchObject({ outcome: "refused", code: "TOKEN_EXPIRED" });
  });

  test("keeps no doubt", async () => {
    const verifier = new ScriptedVerifier("", () => uncertain);
    const { decide } = createScene([verifier]);
    expect(await decide("t")).toMatchObject({ outcome: "uncertain", code: "SCRIPTED_DOUBT" });
    verifier.answer = () => verified("anna");
    expect(await decide("t")).toMatchObject({ outcome: "verified" });
  });

  test("tells audiences apart", async () => {
    const verifier = new ScriptedVerifier("", () => verified("anna", { audiences: ["a"] }));
    const { decide } = createScene([verifier]);
    expect((await decide("t", ["a"])).outcome).toBe("verified");
    expect((await decide("t", ["b"])).outcome).toBe("refused");
    expect((await decide('t["a"]')).outcome).toBe("verified");
    expect(verifier.asked).toHaveLength(3);
  });

  test("holds no more than it may, and keeps what is used", async () => {
    const verifier = new ScriptedVerifier("", () => verified("anna"));
    const { decide, reviewer } = createScene([verifier], { cache: { maxEntries: 3, successMs: 10_000, refusalMs: 0 } });
    for (let index = 0; index < 50; index += 1) {
      await decide("often");
      await decide(`rare-${index}`);
    }
    expect(reviewer.cacheSize).toBe(3);
    expect(verifier.asked.filter(({ token }) => token === "often")).toHaveLength(1);
  });
});

test("callers who ask the same at once share one look-up", async () => {
  let answer: (verdict: ReturnType<typeof verified>) => void = () => {};
  const verifier = new ScriptedVerifier("", () => new Promise((resolve) => (answer = resolve)));
  const { decide } = createScene([verifier]);
  const all = [decide("t"), decide("t"), decide("t")];
  answer(verified("anna"));
  expect((await Promise.all(all)).map(({ outcome }) => outcome)).toEqual(["verified", "verified", "verified"]);
  expect(verifier.asked).toHaveLength(1);
});

test("more look-ups than may run at once are told to come back", async () => {
  const { decide } = createScene([new ScriptedVerifier("", () => new Promise(() => {}))], { maxInFlight: 1, timeoutMs: 20 });
  const first = decide("one");
  expect(await decide("two")).toMatchObject({ outcome: "uncertain", code: "OVERLOADED", retryAfterMs: 1000 });
  expect(await first).toMatchObject({ outcome: "uncertain", code: "REVIEW_TIMEOUT" });
});

test("a verifier that does not answer is told to stop", async () => {
  const verifier = new ScriptedVerifier("", () => new Promise(() => {}));
  const { decide } = createScene([verifier], { timeoutMs: 10 });
  expect(await decide("t")).toMatchObject({ outcome: "uncertain", code: "REVIEW_TIMEOUT" });
  expect(verifier.asked[0]?.context.signal.aborted).toBe(true);
});

test("a defect is a doubt, is reported, and is not quoted", async () => {
  const scene = createScene([
    new ScriptedVerifier("", () => {
      throw new Error("hunter2");
    }),
  ]);
  const decision = await scene.decide("t");
  expect(decision).toMatchObject({ outcome: "uncertain", code: "INTERNAL" });
  expect(JSON.stringify(decision)).not.toContain("hunter2");
  expect(scene.defects).toHaveLength(1);
});

test("what the API server is told says why not only when nobody can tell", () => {
  expect(toStatus({ outcome: "refused", verifier: "v", code: "C", message: "m" }, "id-1")).toEqual({ authenticated: false });
  expect(toStatus({ outcome: "uncertain", verifier: "v", code: "C", message: "m" }, "id-1")).toEqual({
    authenticated: false,
    error: "m (C, review id-1)",
  });
});

test("on any text nothing is thrown but that it is no TokenReview", async () => {
  const { reviewer } = createScene([new ScriptedVerifier("", () => verified("anna"))]);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.string({ minLength: 1, unit: "binary" }).map((token) => ask(token)),
      ),
      async (text) => {
        const failure = await Promise.resolve(text)
          .then((given) => reviewToken(given, reviewer))
          .then(
            () => undefined,
            (error: unknown) => error,
          );
        expect(failure === undefined || isCredentialError(failure, "TOKEN_REVIEW_INVALID")).toBe(true);
      },
    ),
  );
});
