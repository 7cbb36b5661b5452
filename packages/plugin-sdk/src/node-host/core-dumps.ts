import { readFileSync, writeFileSync } from "node:fs";

/** Keeps the memory of this process out of core dumps, where the system lets a program choose that. */
export interface CoreDumps {
  /** From now on a core dump holds no memory. What is not possible is done without. */
  empty(): void;
  /** Starts a program that is none of ours: what is chosen here is inherited, and its core dumps are its own matter. */
  startUnchanged<T>(start: () => T): T;
}

/** By Linux's filter of what a core dump holds (core(5)); elsewhere nothing happens. */
export function createCoreDumps(platform: NodeJS.Platform, filterPath = "/proc/self/coredump_filter"): CoreDumps {
  let usual: string | undefined;
  const tryWrite = (filter: string): void => {
    try {
      writeFileSync(filterPath, filter);
    } catch {
      // Nobody goes without a program for it.
    }
  };
  return {
    empty() {
      if (platform !== "linux" || usual !== undefined) return;
      try {
        const found = readFileSync(filterPath, "utf8").trim();
        writeFileSync(filterPath, "0");
        // It is read without the sign that it must be written with.
        usual = `0x${found}`;
      } catch {
        // A kernel without it, or /proc is not there: the system's limits are what remains.
      }
    },
    startUnchanged(start) {
      if (usual === undefined) return start();
      tryWrite(usual);
      try {
        return start();
      } finally {
        tryWrite("0");
      }
    },
  };
}
