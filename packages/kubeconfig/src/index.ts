export * from "./kubeconfig.ts";
export * from "./resolved-config.ts";
