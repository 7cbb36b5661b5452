export * from "./decision.ts";
export * from "./judge-user.ts";
export * from "./judge-verdict.ts";
export * from "./result-cache.ts";
export * from "./review-token.ts";
export * from "./reviewer.ts";
export * from "./verifier.ts";
