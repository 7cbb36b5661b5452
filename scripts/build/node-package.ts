import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { type BuildInfo, formatDefinitions, readManifestText } from "./build-info.ts";

function formatManifest(root: string, info: BuildInfo): string {
  const keyring = readManifestText(root, "node_modules/@napi-rs/keyring/package.json", "version");
  const manifest = {
    name: "kubepass",
    version: info.version,
    description: readManifestText(root, "packages/cli/package.json", "description"),
    license: "Apache-2.0",
    type: "module",
    engines: { node: ">=20.19" },
    bin: { kubepass: "./kubepass.js", "kubectl-pass": "./kubepass.js" },
    files: ["*.js", "config.schema.json", "LICENSE"],
    dependencies: { "@napi-rs/keyring": keyring },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/**
 * The same command line as an npm package: one script with parts that are loaded when they are needed, and the keyring as
 * its only dependency, because npm must choose the native module.
 */
export async function buildNodePackage(root: string, info: BuildInfo, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: { kubepass: join(root, "packages", "cli", "src", "main.ts") },
    outdir: folder,
    bundle: true,
    splitting: true,
    minifySyntax: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    conditions: ["@kubepass/source"],
    external: ["@napi-rs/keyring"],
    define: { ...formatDefinitions(info) },
    // Some dependencies are CommonJS and ask for Node's modules at run time.
    banner: { js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  chmodSync(join(folder, "kubepass.js"), 0o755);
  writeFileSync(join(folder, "package.json"), formatManifest(root, info));
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  copyFileSync(join(root, "docs", "config.schema.json"), join(folder, "config.schema.json"));
}
