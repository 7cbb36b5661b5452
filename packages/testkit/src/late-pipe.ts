import { execFileSync, spawn } from "node:child_process";

/**
 * Makes a pipe that nobody writes to for ten seconds; whoever waits for a writer then gets one, so that a test fails instead of
 * hanging. The result ends the writer, and what it waits with.
 */
export function createLatePipe(path: string): () => void {
  execFileSync("mkfifo", [path]);
  const { pid } = spawn("sh", ["-c", `sleep 10; exec 3<>'${path}'`], { stdio: "ignore", detached: true });
  // All of its group, which may be gone by itself.
  return () => void execFileSync("sh", ["-c", `kill -KILL -${pid} || :`], { stdio: "ignore" });
}
