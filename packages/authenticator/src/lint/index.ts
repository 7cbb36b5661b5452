export * from "./lint.ts";
export { lintCodes, type LintCode, type LintWarning } from "./warnings.ts";
export type { HintedProblem } from "./hints.ts";
