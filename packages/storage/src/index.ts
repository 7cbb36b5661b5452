export * from "./create-lock-host.ts";
export * from "./directories.ts";
export * from "./idle-locks.ts";
export * from "./lock.ts";
export type { LockHost } from "./lock-state.ts";
export * from "./named-files.ts";
export * from "./private-files.ts";
export * from "./processes.ts";
