export * from "./token-file.ts";
export * from "./token-file-verifier.ts";
