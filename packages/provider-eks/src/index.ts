export * from "./eks-options.ts";
export * from "./options.ts";
export * from "./provider.ts";
export * from "./server-credentials.ts";
export * from "./setting.ts";
