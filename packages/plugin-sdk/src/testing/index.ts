export * from "./fake-host.ts";
export * from "./provider-suite.ts";
export * from "./session-store-suite.ts";
export * from "./wait-until.ts";
