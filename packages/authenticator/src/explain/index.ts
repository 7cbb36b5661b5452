export * from "./explain.ts";
