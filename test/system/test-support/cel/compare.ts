import { compileClaimsExpression, compileUserExpression, describeCelValue, toStrings, type CelOutcome } from "@kubepass/authenticator";
import type { JsonObject, JsonValue } from "@kubepass/wire";

/** What both sides are asked. */
export interface CelQuestion {
  readonly expression: string;
  readonly environment: "claims" | "user";
  readonly claims?: JsonObject;
  readonly user?: { username: string; uid: string; groups: string[]; extra: Record<string, string[]> };
}

/** What the oracle says. */
export interface OracleAnswer {
  readonly compileError?: string;
  readonly outputType?: string;
  readonly evalError?: string;
  readonly type?: string;
  readonly value?: JsonValue;
  readonly strings?: readonly string[] | null;
  readonly cost?: number;
  readonly panic?: string;
}

/** An answer in the form that both sides are compared in. */
export interface CelAnswer {
  readonly compile: string;
  readonly outputType?: string | undefined;
  readonly outcome?: string | undefined;
  readonly strings?: string | undefined;
  readonly cost?: number | undefined;
}

const failureKinds: readonly (readonly [RegExp, string])[] = [
  [
    /pars\w+ formatting|during formatting|formatting function|could not convert argument|index \d+ out of range|unexpected end of string/,
    "CEL_FORMAT",
  ],
  [/error parsing regexp/, "CEL_REGEX"],
  [/no such key/, "CEL_NO_SUCH_KEY"],
  [/no such overload|expected iterable type|unsupported comprehension range/, "CEL_NO_SUCH_OVERLOAD"],
  [/actual cost limit exceeded/, "CEL_COST_LIMIT"],
  [/by zero/, "CEL_DIVISION_BY_ZERO"],
  [/overflow/, "CEL_OVERFLOW"],
  [/index out of|in list|invalid qualifier type/, "CEL_INDEX"],
  [
    /type conversion error|invalid UTF-8|parse error|unable to parse|must match the regular|cannot convert value|prerelease|Invalid character|leading zeroes|Version string|No Major|strconv|short version|is not allowed|Build meta|Prerelease/i,
    "CEL_CONVERSION",
  ],
  [/optional.none\(\) dereference/, "CEL_OPTIONAL_NONE"],
  [/already exists/, "CEL_KEY_EXISTS"],
  [/internal error/, "CEL_INTERNAL"],
];

function failureKind(message: string): string {
  return failureKinds.find(([pattern]) => pattern.test(message))?.[1] ?? "CEL_INVALID_ARGUMENT";
}

function compileKind(message: string): string {
  if (
    /Syntax error|reserved identifier|unsupported syntax|invalid (int|uint|double) literal|unable to unescape|invalid unicode|recursion|macro|argument (must be|is not)|duplicate variable|iteration variable|variable name|sortBy can|code point size/.test(
      message,
    )
  )
    return "syntax";
  return message.includes("program instantiation failed") ? "constant" : "type";
}

/** The oracle's answer. */
export function fromOracle(answer: OracleAnswer): CelAnswer {
  if (answer.panic !== undefined && answer.outputType === undefined) return { compile: "panic" };
  if (answer.compileError !== undefined) return { compile: compileKind(answer.compileError) };
  const failure = answer.evalError ?? answer.panic;
  const { outputType, cost } = answer;
  if (failure !== undefined) return { compile: "ok", outputType, outcome: failureKind(failure), cost };
  const value = JSON.stringify([answer.type, answer.value ?? null]);
  return { compile: "ok", outputType, outcome: value, strings: JSON.stringify(answer.strings ?? null), cost };
}

function fromOutcome(outputType: string, outcome: CelOutcome): CelAnswer {
  if (outcome.kind === "failed") return { compile: "ok", outputType, outcome: outcome.code, cost: outcome.cost };
  const value = JSON.stringify([outcome.type, describeCelValue(outcome.value)]);
  const strings = JSON.stringify(toStrings(outcome.value, { acceptsStringLists: false }) ?? null);
  return { compile: "ok", outputType, outcome: value, strings, cost: outcome.cost };
}

/** Our answer. */
export function fromKubepass(question: CelQuestion): CelAnswer {
  if (question.environment === "user" && question.user !== undefined) {
    const compilation = compileUserExpression(question.expression);
    if (compilation.kind === "invalid") return { compile: compilation.problem };
    return fromOutcome(compilation.program.outputType, compilation.program.evaluate(question.user));
  }
  const compilation = compileClaimsExpression(question.expression);
  if (compilation.kind === "invalid") return { compile: compilation.problem };
  return fromOutcome(compilation.program.outputType, compilation.program.evaluate(question.claims ?? {}));
}

/** The first thing in which the answers differ, or `undefined`. */
export function differenceOf(oracle: CelAnswer, ours: CelAnswer): string | undefined {
  if ((oracle.compile === "ok") !== (ours.compile === "ok")) return "verdict";
  if (oracle.compile === "panic") return undefined;
  if (oracle.compile !== ours.compile) return "problem";
  if (oracle.outcome !== ours.outcome) return "outcome";
  if (oracle.outputType !== ours.outputType) return "type";
  if (oracle.strings !== ours.strings) return "strings";
  // Past the limit, by how much does not matter.
  return oracle.cost === ours.cost || ours.outcome === "CEL_COST_LIMIT" ? undefined : "cost";
}
