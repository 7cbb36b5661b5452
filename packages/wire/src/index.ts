export * from "./errors.ts";
export * from "./exec-credential.ts";
export * from "./json.ts";
export * from "./jwt.ts";
export * from "./printable.ts";
export * from "./secret.ts";
export * from "./sha256.ts";
export * from "./token-review.ts";
