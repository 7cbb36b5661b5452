import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { artefacts, root } from "./places.ts";

/** An executable made of a plugin's `main.ts`, as its author would make it. Its path. */
export function compilePlugin(main: string): string {
  const folder = join(artefacts, "bin");
  mkdirSync(folder, { recursive: true });
  const program = join(folder, basename(dirname(main)));
  const bun = join(root, "node_modules", ".bin", "bun");
  const args = ["build", "--compile", "--minify", "--conditions=@kubepass/source", join(root, main), "--outfile", program];
  execFileSync(bun, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  return program;
}
