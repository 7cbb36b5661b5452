import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@kubepass/wire";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileExpression } from "../jwt/compile-expression.ts";

// Bounded, so that it can run with every other test; KUBEPASS_FUZZ_RUNS=100000 for a long night.
const numRuns = Number(process.env["KUBEPASS_FUZZ_RUNS"] ?? 300);
const corpus = join(import.meta.dirname, "../test-support/corpus/expressions");
// What a rule may cost is bounded (1,000,000 units), and so is what is tried: nothing here can fill the memory.
const maxLength = 400;

const claims: JsonObject = {
  sub: "jane",
  email: "jane@example.com",
  groups: ["dev", "ops", ""],
  exp: 1_893_456_600,
  level: 2.5,
  isAdmin: false,
  nested: { list: [1, { deep: null }], "odd.name": "x" },
  "k8s.io/x": "text",
};
const user = { username: "jane", uid: "1", groups: ["dev"], extra: { "example.com/a": ["1", "2"] } };

/** What compiling and evaluating comes to; an exception is a defect. */
function judge(expression: string): "invalid" | "evaluated" {
  let isEvaluated = false;
  for (const scope of ["claims", "user"] as const) {
    const result = compileExpression(expression, scope);
    if (result.kind === "invalid") continue;
    isEvaluated = true;
    const outcome = result.program.evaluate(scope === "claims" ? { claims } : { user });
    if (!["text", "texts", "flag", "null", "other", "error"].includes(outcome.kind)) throw new Error(`an outcome of kind ${outcome.kind}`);
  }
  return isEvaluated ? "evaluated" : "invalid";
}

const name = fc.constantFrom("claims", "user", "x", "y", "dyn", "type");
const literal = fc.oneof(
  fc.constantFrom("true", "null", "0", "1u", "-9223372036854775808", "1.5", "1e308", "''", "'jane'", "b'\\xff'", "[]", "{}", "r'(a+)+$'"),
  fc.constantFrom("'1h'", "'2030-01-01T00:00:00Z'", "'10.0.0.0/8'", "'::1'", "'1.2.3-a'", "'100Mi'", "'https://a.test/b?c=d'", "'%s %d'"),
);
const member = fc.constantFrom(
  ".sub",
  ".groups",
  "['k8s.io/x']",
  ".?nested.list[1]",
  ".nested.list",
  ".level",
  ".username",
  ".extra",
  "[0]",
  "[?'sub']",
  ".exp",
);
const call = fc.constantFrom(
  "size",
  "string",
  "int",
  "double",
  "bytes",
  "duration",
  "timestamp",
  "ip",
  "cidr",
  "quantity",
  "semver",
  "url",
  "dyn",
  "type",
  "bool",
);
const method = fc.constantFrom(
  "startsWith",
  "matches",
  "split",
  "join",
  "replace",
  "format",
  "find",
  "findAll",
  "contains",
  "indexOf",
  "orValue",
  "lowerAscii",
  "sum",
  "min",
  "isSorted",
  "sort",
  "flatten",
  "distinct",
  "slice",
  "getHours",
  "getHost",
  "hasValue",
  "value",
  "reverse",
  "substring",
);
const macro = fc.constantFrom("all", "exists", "exists_one", "map", "filter", "transformList", "transformMap", "optMap");
const operator = fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "in");

/** Expressions by CEL's grammar, most of them ill typed, as deep as is written. */
const { expression } = fc.letrec<{ readonly expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(
      literal,
      name,
      fc.tuple(name, member).map(([base, part]) => `${base}${part}`),
    ),
    fc.tuple(tie("expression"), operator, tie("expression")).map(([left, by, right]) => `(${left} ${by} ${right})`),
    fc.tuple(call, tie("expression")).map(([by, argument]) => `${by}(${argument})`),
    fc
      .tuple(tie("expression"), method, fc.array(tie("expression"), { maxLength: 2 }))
      .map(([on, by, rest]) => `${on}.${by}(${rest.join(", ")})`),
    fc.tuple(tie("expression"), macro, tie("expression")).map(([on, by, body]) => `${on}.${by}(x, ${body})`),
    fc.tuple(tie("expression"), macro, tie("expression")).map(([on, by, body]) => `${on}.${by}(x, y, ${body})`),
    fc.tuple(tie("expression"), member).map(([on, part]) => `${on}${part}`),
    fc.tuple(tie("expression"), tie("expression"), tie("expression")).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
    fc.tuple(tie("expression"), tie("expression")).map(([one, other]) => `[${one}, ${other}]`),
    fc.tuple(tie("expression"), tie("expression")).map(([key, value]) => `{${key}: ${value}}`),
    tie("expression").map((inner) => `!${inner}`),
    fc.tuple(name, member).map(([base, part]) => `has(${base}${part})`),
  ),
}));

describe("random expressions are refused or come to an outcome, never to an exception", () => {
  it.each(readdirSync(corpus))("the kept expression %s", (file) => {
    expect(["invalid", "evaluated"]).toContain(judge(readFileSync(join(corpus, file), "utf8")));
  });

  it("by the grammar", () => {
    let evaluated = 0;
    fc.assert(
      fc.property(expression, (each) => {
        if (each.length <= maxLength && judge(each) === "evaluated") evaluated += 1;
      }),
      { numRuns: numRuns * 10 },
    );
    expect(evaluated).toBeGreaterThan(numRuns / 10);
  });

  it("by the grammar, with something put in", () => {
    expect.hasAssertions();
    const change = fc.tuple(expression, fc.nat(maxLength), fc.nat(5), fc.string({ unit: "binary", maxLength: 4 }));
    fc.assert(
      fc.property(change, ([each, from, length, patch]) => {
        const changed = `${each.slice(0, from)}${patch}${each.slice(from + length)}`.slice(0, maxLength);
        expect(["invalid", "evaluated"]).toContain(judge(changed));
      }),
      { numRuns: numRuns * 5 },
    );
  });

  it("by any text", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (each) => {
        expect(["invalid", "evaluated"]).toContain(judge(each));
      }),
      { numRuns },
    );
  });
});
