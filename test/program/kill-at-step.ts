// Loaded before a program: kills it, as by kill -9, before the change of the file system that KILL_AT_STEP counts to. Says how far it came.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const changes = ["mkdirSync", "openSync", "writeFileSync", "fsyncSync", "closeSync", "renameSync", "rmSync"] as const;
const last = Number(process.env["KILL_AT_STEP"]);
let step = 0;

for (const name of changes) {
  const change: unknown = fs[name];
  if (typeof change !== "function") throw new Error(`there is no ${name}`);
  const counted = (...args: readonly unknown[]): unknown => {
    step += 1;
    if (step === last) process.kill(process.pid, "SIGKILL");
    return Reflect.apply(change, fs, args);
  };
  Object.defineProperty(fs, name, { value: counted });
}
syncBuiltinESMExports();
