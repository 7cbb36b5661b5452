import type { JsonObject } from "@kubepass/wire";
import { childrenOf, type CelNode } from "../cel/ast.ts";
import { type CelCompilation as Compilation, compileClaimsExpression, compileUserExpression, toStrings } from "../cel/index.ts";
import type { CelOutcome as Outcome } from "../cel/outcome.ts";
import { parseExpression } from "../cel/parser.ts";
import type { UserInfo } from "../verifier.ts";
import type { CelCompilation, CelOutcome, CelProgram, CompileExpression } from "./cel-port.ts";

function toOutcome(outcome: Outcome): CelOutcome {
  if (outcome.kind === "failed") return { kind: "error", code: outcome.code, message: outcome.message };
  const { value } = outcome;
  if (value === null) return { kind: "null" };
  if (typeof value === "string") return { kind: "text", value };
  if (typeof value === "boolean") return { kind: "flag", value };
  const values = toStrings(value, { acceptsStringLists: false });
  return values === undefined ? { kind: "other" } : { kind: "texts", values };
}

/** `claims["name"]` or `claims[?"name"]`, which kube-apiserver's e-mail rule does not see. */
function indexesClaim(node: CelNode, name: string): boolean {
  if (node.kind === "call" && (node.name === "_[_]" || node.name === "_[?_]")) {
    const [operand, index] = node.arguments;
    if (operand?.kind === "ident" && operand.name === "claims" && index?.kind === "literal" && index.value === name) return true;
  }
  return childrenOf(node).some((child) => indexesClaim(child, name));
}

const noClaims: JsonObject = {};
const noUser: UserInfo = { username: "", uid: "", groups: [], extra: {} };

function toCompilation<Variable>(
  expression: string,
  compilation: Compilation<Variable>,
  select: (variable: Parameters<CelProgram["evaluate"]>[0]) => Variable,
): CelCompilation {
  if (compilation.kind === "invalid") return { kind: "invalid", message: compilation.message };
  const { program } = compilation;
  return {
    kind: "compiled",
    program: {
      expression,
      isBoolean: program.outputType === "bool",
      mentionsClaim: (name, form) =>
        program.uses(name) || (form === "selected-or-indexed" && indexesClaim(parseExpression(expression), name)),
      evaluate: (variable) => toOutcome(program.evaluate(select(variable))),
    },
  };
}

/** Compiles an expression of an AuthenticationConfiguration with the CEL of this package. Never throws. */
export const compileExpression: CompileExpression = (expression, environment) => {
  if (environment === "claims") {
    return toCompilation(expression, compileClaimsExpression(expression), (variable) =>
      "claims" in variable ? variable.claims : noClaims,
    );
  }
  return toCompilation(expression, compileUserExpression(expression), (variable) => ("user" in variable ? variable.user : noUser));
};
