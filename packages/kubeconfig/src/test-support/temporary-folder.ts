import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder of a test, with files in it. */
export interface TemporaryFolder {
  readonly path: string;
  /** Writes a file and returns its absolute path. */
  write(name: string, text: string | Uint8Array): string;
  remove(): void;
}

/** Makes a folder that nobody else uses. */
export function createTemporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), "kubepass-kubeconfig-"));
  return {
    path,
    write(name, text) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
