import { expect } from "vitest";
import type { Run } from "./user.ts";

/** What a prompt program needs to end on an idle machine. */
export const promptMs = 1_500;

/** What each run waits for takes at least as long: an issuer that is given up, a busy one, a person. */
export const patienceMs = 25_000;

/** Ends a run by a signal and checks how it took it: one line, the exit status, and no credential. Resolves to how long it took. */
export async function interruptRun(run: Run, signal: NodeJS.Signals): Promise<number> {
  const toldAt = performance.now();
  run.child.kill(signal);
  const { code, stdout, stderr } = await run.ended;
  const tookMs = performance.now() - toldAt;
  expect({ code, stdout, said: stderr.split("\n").filter((line) => line.startsWith("kubepass: error:")) }).toEqual({
    code: 130,
    stdout: "",
    said: ["kubepass: error: interrupted (INTERRUPTED)"],
  });
  return tookMs;
}
