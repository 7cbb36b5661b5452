export * from "./certificates.ts";
export * from "./host.ts";
export * from "./servers.ts";
