import { execFileSync } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLatePipe } from "./late-pipe.ts";

test("what the writer of a late pipe waits with ends with it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "late-pipe-"));
  const path = process.env["PATH"];
  onTestFinished(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  });
  const held = join(folder, "held");
  execFileSync("mkfifo", [held]);
  // It holds a pipe as long as it lives.
  const sleep = `#!/bin/sh\nexec 3>'${held}'\necho begun >&3\nPATH='${path}' exec sleep 200\n`;
  writeFileSync(join(folder, "sleep"), sleep, { mode: 0o755 });
  process.env["PATH"] = `${folder}:${path}`;
  const end = createLatePipe(join(folder, "late"));
  const heard: string[] = [];
  for await (const chunk of createReadStream(held, "utf8")) {
    heard.push(String(chunk));
    end();
  }
  expect(heard).toEqual(["begun\n"]);
});
