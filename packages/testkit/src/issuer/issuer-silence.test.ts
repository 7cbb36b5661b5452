import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("the issuer says nothing on standard output or standard error", async () => {
  const program = fileURLToPath(new URL("../test-support/exercise-issuer.ts", import.meta.url));
  const isBun = "bun" in process.versions;
  // Bun itself remarks on a call of its own standard library, which nobody here makes.
  const runtime = isBun ? ["--no-deprecation", "--conditions=@kubepass/source"] : ["--conditions=@kubepass/source", "--import", "tsx"];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...runtime, program], { env: { PATH: process.env["PATH"] } });
  expect({ stdout, stderr }).toEqual({ stdout: "", stderr: "" });
});
