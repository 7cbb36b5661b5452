import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FakeUser } from "./run-in-process.ts";

/** Gives a user a kubeconfig in the usual place; its path. */
export function writeKubeconfig({ host }: FakeUser, text: string): string {
  const folder = join(host.directories.home, ".kube");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "config");
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
