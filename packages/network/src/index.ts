export * from "./create-fetch.ts";
export * from "./document-lifetime.ts";
export * from "./fetch-document.ts";
export * from "./fetch.ts";
export * from "./identify-network.ts";
export * from "./key-set.ts";
export * from "./network-options.ts";
export { isLoopbackAddress } from "./no-proxy.ts";
export * from "./url-parts.ts";
