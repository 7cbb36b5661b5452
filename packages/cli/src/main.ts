#!/usr/bin/env node
import { createHost } from "@kubepass/plugin-sdk";
import type { Runtime } from "./command.ts";
import { findProgramName } from "./program-name.ts";
import { start } from "./start.ts";
import { createLaterWriter, createStandardOutput } from "./stdout.ts";

function findRuntime(): Runtime {
  const bunVersion = process.versions["bun"];
  const name = bunVersion === undefined ? "node" : "bun";
  const programFile = bunVersion === undefined ? (process.argv[1] ?? process.execPath) : process.execPath;
  return { name, version: bunVersion ?? process.versions.node, architecture: process.arch, programFile };
}

// No top-level await: the executable's bytecode cannot hold one.
void start({
  argv: process.argv.slice(2),
  host: createHost(process, { name: "kubepass" }),
  stdout: createStandardOutput(() => process.stdout),
  writeErrorLater: createLaterWriter(() => process.stderr, "standard error"),
  // Asked for by few commands, and not free.
  get name() {
    return findProgramName([process.argv0, process.argv[1] ?? "", process.execPath]);
  },
  get runtime() {
    return findRuntime();
  },
}).then((exitCode) => {
  // A browser or an idle socket must not keep kubectl waiting.
  process.exit(exitCode);
});
