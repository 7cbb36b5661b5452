export * from "./eks-options.ts";
export * from "./options.ts";
export * from "./provider.ts";
export * from "./setting.ts";
