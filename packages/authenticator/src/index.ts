export * from "./cel/index.ts";
export * from "./verifier.ts";
