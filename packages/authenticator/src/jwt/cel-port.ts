import type { JsonObject } from "@kubepass/wire";
import type { UserInfo } from "../verifier.ts";

/** Which variable an expression sees: `claims` of a token, or `user` as mapped. */
export type CelEnvironmentName = "claims" | "user";

/** What an expression gave, as far as authentication cares. */
export type CelOutcome =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "texts"; readonly values: readonly string[] }
  | { readonly kind: "flag"; readonly value: boolean }
  | { readonly kind: "null" }
  /** A value of another type, such as a number or a list that holds one. */
  | { readonly kind: "other" }
  /** The code is stable and holds no value; the message may quote values of claims, so that it is for traces alone. */
  | { readonly kind: "error"; readonly code: string; readonly message: string };

/** A compiled expression. */
export interface CelProgram {
  /** The expression as written. */
  readonly expression: string;
  /** Whether its static type is bool. */
  readonly isBoolean: boolean;
  /** Whether it selects this member of the variable `claims`: `claims.x`, `claims.?x`; the second form `claims["x"]` only when asked for. */
  mentionsClaim(name: string, form: "selected" | "selected-or-indexed"): boolean;
  /** Evaluates within the cost limit. Never throws. */
  evaluate(variable: { readonly claims: JsonObject } | { readonly user: UserInfo }): CelOutcome;
}

/** The outcome of compiling. */
export type CelCompilation =
  | { readonly kind: "compiled"; readonly program: CelProgram }
  | { readonly kind: "invalid"; readonly message: string };

/** What validation and mapping need of CEL. */
export type CompileExpression = (expression: string, environment: CelEnvironmentName) => CelCompilation;
