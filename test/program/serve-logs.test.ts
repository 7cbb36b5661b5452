import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@kubepass/network/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createReviewClient } from "../system/test-support/serve/review-client.ts";
import { askOperations } from "../system/test-support/serve/ask-operations.ts";
import { waitFor } from "../system/test-support/wait-for.ts";
import { getExecutable } from "./executable.ts";

let folder: string;
let program: string;

beforeEach(async () => {
  program = await getExecutable();
  folder = mkdtempSync(join(tmpdir(), "kubepass-serve-logs-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A configuration about which there is much to tell: each name that may be told is a warning. */
async function prepare(names: number): Promise<number> {
  const [own, operations] = [await findFreePort(), await findFreePort()];
  execFileSync(program, ["serve", "init", `--folder=${folder}`, `--address=127.0.0.1:${own}`], { env: { HOME: folder }, stdio: "ignore" });
  const file = join(folder, "serve.yaml");
  const text = readFileSync(file, "utf8").replace("127.0.0.1:8080", `127.0.0.1:${operations}`);
  const allowed = Array.from({ length: names }, (_, index) => `system:name-${index}-${"x".repeat(80)}`);
  writeFileSync(file, `${text}identities: { allowSystemNames: ${JSON.stringify(allowed)} }\n`);
  writeFileSync(join(folder, "tokens.csv"), "token-of-anna,anna,1\n");
  return operations;
}

describe.each([
  ["never reads", 1000, false],
  ["has gone", 0, true],
])("when whoever holds standard error %s", (_name, leastDropped, isClosed) => {
  test("thousands of reviews are answered, and what the log leaves out is counted", async () => {
    const operations = await prepare(4000);
    const child = spawn(program, ["serve", `--config=${join(folder, "serve.yaml")}`], {
      // Nobody reads the pipe before somebody listens to it.
      stdio: ["ignore", "ignore", "pipe"],
      env: { HOME: folder },
    });
    const exited = once(child, "exit");
    const client = createReviewClient(join(folder, "webhook.yaml"));
    try {
      if (isClosed) child.stderr?.destroy();
      const isReady = async (): Promise<true | undefined> =>
        (await askOperations(operations, "/readyz").catch(() => undefined))?.status === 200 || undefined;
      await waitFor("the server to be ready", isReady);
      for (let count = 0; count < 40; count += 1) {
        const tokens = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? "token-of-anna" : `nobody-${count}-${index}`));
        const answers = await Promise.all(tokens.map(async (token) => await client.review(token)));
        expect(answers.filter(({ authenticated }) => authenticated === true)).toHaveLength(25);
      }
      const { text: metrics } = await askOperations(operations, "/metrics");
      const dropped = Number(/^kubepass_dropped_log_lines_total (\d+)$/m.exec(metrics)?.[1]);
      expect(dropped).toBeGreaterThanOrEqual(leastDropped);
      expect(metrics).toMatch(/kubepass_reviews_total\{.*outcome="verified".*\} 1000/);
    } finally {
      client.close();
      child.kill("SIGTERM");
    }
    expect(await exited).toEqual([0, null]);
  });
});
