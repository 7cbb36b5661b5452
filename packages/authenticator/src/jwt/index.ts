export * from "./algorithms.ts";
export type { CompileExpression } from "./cel-port.ts";
export * from "./fetched-keys.ts";
export * from "./issuer-keys.ts";
export * from "./jwt-verifier.ts";
export { parseVerificationKeys, type VerificationKey } from "./key-set.ts";
export { jwtReasons, type JwtReason } from "./reasons.ts";
export * from "./trace.ts";
export * from "./compile-expression.ts";
