import type { JsonObject } from "@kubepass/wire";
import type { UserInfo } from "../verifier.ts";
import { CheckError, Scope } from "./check-scope.ts";
import { checkExpression, type Checked } from "./checker.ts";
import { anyType, dynType, formatOutputType, mapOf, stringType, userInfoType, type CelType } from "./cel-type.ts";
import type { Step } from "./frame.ts";
import { CelSyntaxError } from "./lexer.ts";
import { CelStopped, Meter } from "./meter.ts";
import { parseExpression } from "./parser.ts";
import { planExpression, PlanError } from "./plan.ts";
import { toOutcome, type CelOutcome } from "./outcome.ts";
import { usesField } from "./uses-field.ts";
import { validateExpression } from "./validators.ts";
import { claimsMap, userMap, type RootMap } from "./variables.ts";
import { CelFailure } from "./values.ts";

/** Which variable an expression has. */
export type CelEnvironment = "claims" | "user";

/** Why an expression is refused: its text, its types, or a constant in it. */
export type CelProblem = "syntax" | "type" | "constant";

/** A compiled expression over claims or over user info; it holds no state and may be evaluated at any time. */
export interface CelProgram<Variable> {
  readonly expression: string;
  /** The static type in CEL's spelling: `bool`, `string`, `list(string)`, `any`. Rules need `bool`. */
  readonly outputType: string;
  /** Evaluates it. Never throws. */
  evaluate(variable: Variable): CelOutcome;
  /** Whether a field of the variable is selected anywhere, as `claims.email` or `claims.?email`. */
  uses(field: string): boolean;
}

/** A program, or why there is none. */
export type CelCompilation<Variable> =
  | { readonly kind: "compiled"; readonly program: CelProgram<Variable> }
  | { readonly kind: "invalid"; readonly problem: CelProblem; readonly message: string; readonly offset: number };

const scopes: Readonly<Record<CelEnvironment, Scope>> = {
  claims: new Scope(new Map<string, CelType>([["claims", mapOf(stringType, anyType)]])),
  user: new Scope(new Map<string, CelType>([["user", userInfoType]])),
};

interface Program {
  readonly checked: Checked;
  readonly step: Step;
  readonly slotCount: number;
}

function compile(expression: string, environment: CelEnvironment): Program {
  const checked = checkExpression(parseExpression(expression), scopes[environment]);
  validateExpression(checked);
  return { checked, ...planExpression(checked) };
}

function problemOf(error: unknown): { problem: CelProblem; message: string; offset: number } | undefined {
  if (error instanceof CelSyntaxError) return { problem: "syntax", message: error.message, offset: error.offset };
  if (error instanceof CheckError) return { problem: "type", message: error.message, offset: error.offset };
  if (error instanceof PlanError || error instanceof CelStopped) return { problem: "constant", message: error.message, offset: 0 };
  // The stack is the last bound of depth; everything before it is counted.
  return error instanceof RangeError ? { problem: "syntax", message: "expression is nested too deeply", offset: 0 } : undefined;
}

function run(program: Program, root: RootMap): CelOutcome {
  const meter = new Meter();
  const slots = Array.from<undefined>({ length: program.slotCount });
  try {
    const value = program.step({ root, meter, slots });
    return toOutcome(value, meter.cost);
  } catch (error) {
    if (error instanceof CelStopped) return toOutcome(new CelFailure(error.code, error.message), meter.cost);
    if (error instanceof RangeError) return toOutcome(new CelFailure("CEL_TOO_LARGE", "value is too large or too deep"), meter.cost);
    throw error;
  }
}

function compileFor<Variable>(
  expression: string,
  environment: CelEnvironment,
  bind: (variable: Variable) => RootMap,
): CelCompilation<Variable> {
  try {
    const program = compile(expression, environment);
    const { root, types } = program.checked;
    const compiled: CelProgram<Variable> = {
      expression,
      outputType: formatOutputType(types.get(root.id) ?? dynType),
      evaluate: (variable) => run(program, bind(variable)),
      uses: (field) => usesField(root, environment, field),
    };
    return { kind: "compiled", program: compiled };
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return { kind: "invalid", ...problem };
  }
}

/**
 * Compiles an expression over the variable `claims`, exactly as kube-apiserver's structured authentication
 * configuration offers it (`k8s.io/apiserver/pkg/authentication/cel`). What it cannot evaluate faithfully is refused.
 */
export function compileClaimsExpression(expression: string): CelCompilation<JsonObject> {
  return compileFor(expression, "claims", claimsMap);
}

/** Compiles an expression over the variable `user`, in the same way. */
export function compileUserExpression(expression: string): CelCompilation<UserInfo> {
  return compileFor(expression, "user", userMap);
}
