import { MappingIndex } from "../mapping/mapping-index.ts";
import type { MappingSet } from "../mapping/rule.ts";
import type { Backend } from "./backend.ts";

/** The lists of the server's own configuration file. */
export function createMountedFile(set: MappingSet, reservedPrefixes: readonly string[]): Backend {
  const view = { name: "MountedFile", index: new MappingIndex(set), reservedPrefixes } as const;
  return { view: () => view, close: async () => {} };
}
