import { copyFileSync, readdirSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Contestant } from "./measure.ts";

function fillFolder(folder: string, count: number): void {
  const [model] = readdirSync(folder).filter((name) => name.endsWith(".json"));
  if (model === undefined) throw new Error(`there is nothing in ${folder} to copy`);
  for (let index = readdirSync(folder).length; index < count; index += 1) {
    copyFileSync(join(folder, model), join(folder, `${createHash("sha256").update(String(index)).digest("hex")}.json`));
  }
}

/** Makes it look as if the person had signed in to that many identities. */
export function fillStore(contestant: Contestant, count: number): void {
  const { HOME = "", XDG_RUNTIME_DIR = "" } = contestant.environment;
  fillFolder(join(XDG_RUNTIME_DIR, "kubepass", "credentials"), count);
  fillFolder(join(HOME, ".local", "state", "kubepass", "sign-ins"), count);
}
