export * from "./api-server-flags.ts";
export * from "./compiled.ts";
export * from "./format.ts";
export * from "./load.ts";
export * from "./oidc-flags.ts";
export { formatProblem, type ConfigurationProblem, type ProblemKind } from "./problem.ts";
export * from "./authentication-configuration.ts";
export type { ValidationOptions } from "./validate-authenticator.ts";
