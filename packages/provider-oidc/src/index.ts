export * from "./choose-grant.ts";
export * from "./oidc-options.ts";
export * from "./options.ts";
export * from "./provider.ts";
export * from "./secret-source.ts";
