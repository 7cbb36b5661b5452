export * from "./directories.ts";
export * from "./lock.ts";
export * from "./private-files.ts";
export * from "./processes.ts";
