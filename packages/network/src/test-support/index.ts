export * from "./certificates.ts";
export * from "./free-port.ts";
export * from "./gate.ts";
export * from "./host.ts";
export * from "./servers.ts";
export * from "./socks-proxy.ts";
