export * from "./verifier-suite.ts";
