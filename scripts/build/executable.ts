import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type BuildInfo, formatDefinitions } from "./build-info.ts";
import { fetchKeyring } from "./native-keyring.ts";
import { signMachO } from "./sign-mach-o.ts";
import type { Target } from "./targets.ts";

/** What to build and where it goes. */
export interface ExecutableRequest {
  readonly root: string;
  readonly info: BuildInfo;
  readonly outfile: string;
  readonly target: Target;
  /** True for the machine this runs on: nothing has to be fetched. */
  readonly isOwn: boolean;
}

const flags = [
  "--compile",
  "--minify",
  "--bytecode",
  "--format=esm",
  "--splitting",
  "--conditions=@kubepass/source",
  // Else a .env or bunfig.toml in the folder where kubectl is started could set our variables, and preload code.
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  // The program lives for milliseconds: optimising code early costs more than it brings (docs/decisions/0003-executable.md).
  "--compile-jit-policy=4",
];

/** Compiles the command line into one executable with Bun. */
export function buildExecutable(request: ExecutableRequest): void {
  const { root, info, outfile, target, isOwn } = request;
  const definitions = Object.entries(formatDefinitions(info)).flatMap(([name, code]) => ["--define", `${name}=${code}`]);
  const platform = isOwn ? [] : [`--target=${target.bun}`];
  const args = ["build", ...flags, ...platform, ...definitions, join(root, "packages", "cli", "src", "main.ts"), "--outfile", outfile];
  const modules = isOwn ? undefined : fetchKeyring(root, target);
  execFileSync(join(root, "node_modules", ".bin", "bun"), args, {
    cwd: root,
    env: { ...process.env, ...(modules === undefined ? {} : { NODE_PATH: modules }) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (target.isSignedHere === true) writeFileSync(outfile, signMachO(readFileSync(outfile), "kubepass"));
}

/** Writes the SHA-256 sums of files in the form that `sha256sum --check` reads. */
export function writeChecksums(files: readonly string[], path: string): void {
  const lines = files.map((file) => `${createHash("sha256").update(readFileSync(file)).digest("hex")}  ${basename(file)}\n`);
  writeFileSync(path, lines.join(""));
}
