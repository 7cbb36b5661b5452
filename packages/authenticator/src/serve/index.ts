export { createServeSchema, parseServeConfig, type ServeConfig } from "./serve-config.ts";
export { type SetupRequest, writeSetup, type WrittenFile } from "../init/write-setup.ts";
export { findClusterId } from "./aws-iam-config.ts";
export { createAwsIamParser, prepareAwsIamServer } from "./aws-iam-setup.ts";
export { LineWriter, type LineWriterObserver } from "./decision-log.ts";
export * from "./serve.ts";
export type { ServeHost } from "./serve-host.ts";
export type { FactoryContext, VerifierFactory } from "./verifier-factory.ts";
