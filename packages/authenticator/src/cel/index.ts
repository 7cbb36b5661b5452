export {
  compileClaimsExpression,
  compileUserExpression,
  type CelCompilation,
  type CelEnvironment,
  type CelProblem,
  type CelProgram,
} from "./compile.ts";
export { describeCelValue } from "./describe.ts";
export { toStrings, type CelOutcome, type StringsOptions } from "./outcome.ts";
export type { CelValue } from "./values.ts";
