import type { CompileExpression } from "./cel-port.ts";

/** Compiles an expression of an AuthenticationConfiguration. */
export const compileExpression: CompileExpression = () => ({ kind: "invalid", message: "CEL is not there yet" });
