import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileClaimsExpression, compileUserExpression, describeCelValue, toStrings } from "./index.ts";

const claims = {
  email: "jane@example.com",
  groups: ["dev", "ops"],
  roles: "a,b",
  n: 3,
  nul: null,
  nested: { "k8s.io/x": { list: [1, 2] } },
};

function evaluate(expression: string): unknown {
  const compilation = compileClaimsExpression(expression);
  if (compilation.kind === "invalid") return compilation.problem;
  const outcome = compilation.program.evaluate(claims);
  return outcome.kind === "failed" ? outcome.code : describeCelValue(outcome.value);
}

const int = (value: number | bigint): unknown => ({ int: String(value) });

test.each([
  // claims
  ["claims.email", "jane@example.com"],
  ["claims.groups[1]", "ops"],
  ["claims.nul == null", true],
  ["claims.missing", "CEL_NO_SUCH_KEY"],
  ["claims.?missing.orValue('none')", "none"],
  ["has(claims.nested.k8s__dot__io__slash__x)", true],
  ["claims.nested['k8s.io/x'].list[0] == 1.0", true],
  ["string(claims.n)", "3"],
  ["string(1700081020.0)", "1.70008102e+09"],
  ["'email' in claims", "CEL_NO_SUCH_OVERLOAD"],
  // numbers
  ["9223372036854775807 + 1", "CEL_OVERFLOW"],
  ["-9223372036854775808 % -1", "CEL_OVERFLOW"],
  ["1u - 2u", "CEL_OVERFLOW"],
  ["1 / 0", "CEL_DIVISION_BY_ZERO"],
  ["dyn(1) == dyn(1u) && dyn(1) == dyn(1.0)", true],
  ["9007199254740993 - 1", int(9007199254740992n)],
  ["0.0 / 0.0 == 0.0 / 0.0", false],
  ["int('0x10')", "constant"],
  // texts
  ["'😀b'.size()", int(2)],
  ["'😀b'.indexOf('b')", int(1)],
  ["'abc'.substring(1, 9)", "CEL_INDEX"],
  ["'a'.replace('', '-')", "-a-"],
  ["strings.quote('a\"b')", '"a\\"b"'],
  ["'%s is %.1f'.format(['x', 1234.25])", "x is 1,234.2"],
  ["'%e'.format([0.00015])", "1.500000×10⁻⁰⁴"],
  ["'%d'.format(['x'])", "type"],
  ["'\uffff' < '😀'", true],
  ["['a', 'b'].join('-')", "a-b"],
  // regular expressions
  ["'abc 123'.find('[0-9]+')", "123"],
  ["'ab'.findAll('x*')", ["", "", ""]],
  ["'ab'.find('(?P<n>a)(?<n>b)[]?(?P<n>]*')", "ab"],
  ["'a'.matches('(?=a)')", "type"],
  ["'a'.find('[')", "constant"],
  // lists, maps, sets
  ["[3, 1, 2].sort()", [int(1), int(2), int(3)]],
  ["['b', 'a'].sortBy(x, x)", ["a", "b"]],
  ["lists.range(2)", [int(0), int(1)]],
  ["[[1], [2]].flatten() == [1, 2]", true],
  ["{1: 'a'}[1u]", "type"],
  ["{1: 'a'}[dyn(1u)]", "a"],
  ["sets.equivalent([1, 1], [1])", true],
  ["[1, 'a']", "type"],
  // macros
  ["dyn(claims.groups).map(g, 'x:' + g)", ["x:dev", "x:ops"]],
  ["claims.groups.map(g, g)", "type"],
  ["{'a': 1}.all(k, v, k == 'a' && v == 1)", true],
  ["[1, 2].transformMap(i, v, v * 2) == {0: 2, 1: 4}", true],
  ["[1, 1].transformMapEntry(i, v, {v: i})", "CEL_KEY_EXISTS"],
  ["[1, 2, 3].existsOne(i, v, v > 2)", true],
  ["[1].map(x.y, 1)", "syntax"],
  ["cel.bind(x, 1, x)", "type"],
  // optionals
  ["optional.of(1).optMap(x, x + 1).value()", int(2)],
  ["optional.none().value()", "CEL_OPTIONAL_NONE"],
  // what an element turned out to be holds for what is selected from it
  ["({'a': {}, 'b': {9u: 'x'}}.?c).orValue({1u: claims.email})[1u]", "jane@example.com"],
  ["[?optional.none(), 1]", [int(1)]],
  // times
  ["timestamp('2024-03-10T12:00:00Z').getHours('America/New_York')", int(8)],
  ["timestamp('2024-01-01T00:00:00Z') + duration('1h') == timestamp('2024-01-01T01:00:00Z')", true],
  ["timestamp('2024-02-30T00:00:00Z')", "type"],
  ["string(duration('90m'))", "5400s"],
  // Kubernetes
  ["quantity('1.5Gi').isGreaterThan(quantity('1500M'))", true],
  ["quantity('1').add(quantity('500m')).asApproximateFloat() == 1.5", true],
  ["ip('::ffff:1.2.3.4')", "CEL_CONVERSION"],
  ["cidr('10.0.0.0/8').containsIP('10.1.2.3')", true],
  ["string(ip('2001:DB8::1'))", "2001:db8::1"],
  ["url('https://h:8443/a%2fb?x=1&x=2').getQuery()['x']", ["1", "2"]],
  ["url('https://h:8443/a%2fb').getEscapedPath()", "/a%2fb"],
  ["semver('v1.2', true).compareTo(semver('1.2.0-rc.1'))", int(1)],
  ["format.dns1123Label().validate('A').hasValue()", true],
  ["format.named('uuid').value().validate('x').hasValue()", true],
  // errors are absorbed
  ["claims.missing || true", true],
  ["claims.missing && false", false],
])("%s", (expression, expected) => {
  expect(evaluate(expression)).toEqual(expected);
});

describe("what an expression may use", () => {
  test("the user has its fields and nothing else", () => {
    const user = { username: "jane", uid: "1", groups: ["dev"], extra: { "example.com/x": ["y"] } };
    const program = compileUserExpression("user.username == 'jane' && user.extra['example.com/x'][0] == 'y'");
    expect(program).toMatchObject({ kind: "compiled" });
    expect(program.kind === "compiled" && program.program.evaluate(user)).toMatchObject({ value: true });
    expect(compileUserExpression("user.name")).toMatchObject({ kind: "invalid", problem: "type" });
    expect(compileUserExpression("claims.email")).toMatchObject({ kind: "invalid", problem: "type" });
  });

  test.each([
    ["claims.email", true],
    ["claims.?email.orValue('')", true],
    ["dyn(claims.groups).exists(g, g == claims.email)", true],
    ["claims['email']", false],
    ["claims.email_verified", false],
    ["has(claims.email)", true],
  ])("%s selects claims.email: %s", (expression, expected) => {
    const compilation = compileClaimsExpression(expression);
    expect(compilation.kind === "compiled" && compilation.program.uses("email")).toBe(expected);
  });

  test.each([
    ["claims.roles.split(',')", undefined, ["a", "b"]],
    ["claims.roles.split(',') + ['c']", ["a", "b", "c"], ["a", "b", "c"]],
    ["claims.groups", ["dev", "ops"], ["dev", "ops"]],
    ["['', 'x']", ["x"], ["x"]],
    ["null", [], []],
    ["[1]", undefined, undefined],
  ])("a mapping takes %s as kube-apiserver does, or with string lists", (expression, strict, lenient) => {
    const compilation = compileClaimsExpression(expression);
    const outcome = compilation.kind === "compiled" ? compilation.program.evaluate(claims) : undefined;
    const value = outcome?.kind === "value" ? outcome.value : null;
    expect(toStrings(value, { acceptsStringLists: false })).toEqual(strict);
    expect(toStrings(value, { acceptsStringLists: true })).toEqual(lenient);
  });
});

describe("hostile expressions and claims", () => {
  const doubling = (times: number): string =>
    `optional.of([1, 2])${Array.from({ length: times }, (_, index) => `.optMap(v${index}, v${index} + v${index})`).join("")}.value().size()`;

  test.each([
    ["parentheses without end", "(".repeat(90_000)],
    ["nested lists", `${"[".repeat(400)}${"]".repeat(400)}`],
    ["a chain of selections", `claims${".a".repeat(400)}`],
    ["a megabyte", `'${"a".repeat(1_048_576)}'`],
    ["a copy of a copy of a copy", doubling(60)],
    ["a number of a hundred thousand digits", "9".repeat(99_999)],
  ])("%s are refused when they are compiled", (_what, expression) => {
    expect(compileClaimsExpression(expression)).toMatchObject({ kind: "invalid" });
  });

  test("a list cannot grow without bounds", () => {
    const nested = Array.from(
      { length: 60 },
      (_, index) => `optional.of(${index === 0 ? "[1, 2]" : `v${index - 1} + v${index - 1}`}).optMap(v${index}, `,
    );
    expect(evaluate(`${nested.join("")}v59.size()${")".repeat(60)}`)).toBe("CEL_TOO_LARGE");
  });

  test("a text cannot grow without bounds", () => {
    const long = "x".repeat(20_000);
    expect(evaluate(`'${long}'.replace('', '${long}').size()`)).toBe("CEL_TOO_LARGE");
  });

  test("what costs too much is stopped", () => {
    expect(evaluate("lists.range(2000).all(x, lists.range(2000).all(y, x + y >= 0))")).toBe("CEL_COST_LIMIT");
  });

  test("a catastrophic regular expression takes linear time", () => {
    expect(evaluate(`'${"a".repeat(30_000)}!'.matches('^(a+)+$')`)).toBe(false);
  });

  test("a constant pattern looks into an optional, another one does not", () => {
    expect(evaluate("optional.of('abc').matches('b')")).toBe("type");
    expect(evaluate("matches(dyn(optional.of('abc')), 'b')")).toBe(true);
    expect(evaluate("['b'].map(x, matches(dyn(optional.of('abc')), x))[0]")).toBe("CEL_NO_SUCH_OVERLOAD");
    expect(evaluate("matches(dyn(optional.none()), 'b')")).toBe("CEL_NO_SUCH_OVERLOAD");
  });

  test("claims may have any names and numbers that JSON can write", () => {
    const odd: unknown = JSON.parse('{"__proto__": {"x": 1}, "huge": 1e400, "lone": "\\ud800", "constructor": 1}');
    const run = (expression: string): unknown => {
      const compilation = compileClaimsExpression(expression);
      const outcome = compilation.kind === "compiled" ? compilation.program.evaluate(odd as typeof claims) : undefined;
      return outcome?.kind === "value" ? describeCelValue(outcome.value) : outcome?.code;
    };
    expect(run("claims['toString']")).toBe("CEL_NO_SUCH_KEY");
    expect(run("claims.huge")).toBe("CEL_CLAIM_UNREADABLE");
    expect(run("claims.lone == '\ufffd'")).toBe(true);
    expect(run("claims.constructor == 1.0")).toBe(true);
  });

  const words = [
    "claims",
    ".",
    "email",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'a'",
    "1",
    "1u",
    "2.5",
    "==",
    "&&",
    "?",
    ":",
    ",",
    "map",
    "x",
    "+",
    "in",
    "!",
    "-",
    "has",
    "b'\\xff'",
    "null",
    "`",
    "\\",
    "\n",
  ];

  test("no text makes the compiler or a program throw", () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const compilation = compileClaimsExpression(text);
        const said = compilation.kind === "compiled" ? compilation.program.evaluate(claims).kind : compilation.message;
        expect(said).not.toBe("");
      }),
      { numRuns: 2000 },
    );
  });
});
