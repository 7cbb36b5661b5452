#!/usr/bin/env node
import { createHost } from "@kubepass/plugin-sdk";
import { findProgramName } from "./program-name.ts";
import { start } from "./start.ts";
import { standardOutputStream } from "./stdout.ts";

const bunVersion = process.versions["bun"];

// No top-level await: the executable's bytecode cannot hold one.
void start({
  argv: process.argv.slice(2),
  host: createHost(process, { name: "kubepass" }),
  stdout: standardOutputStream,
  name: findProgramName([process.argv0, process.argv[1] ?? "", process.execPath]),
  runtime: { name: bunVersion === undefined ? "node" : "bun", version: bunVersion ?? process.versions.node, architecture: process.arch },
}).then((exitCode) => {
  // A browser or an idle socket must not keep kubectl waiting.
  process.exit(exitCode);
});
