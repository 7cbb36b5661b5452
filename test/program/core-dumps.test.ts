import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { getToken, setScene, useExecutable } from "./fault-scene.ts";
import type { Run } from "./user.ts";

useExecutable();

// A Linux without core dumps has no filter of them.
const filterFile = "/proc/self/coredump_filter";

test.skipIf(!existsSync(filterFile))(
  "no memory gets into a core dump while there is a refresh token in it, and the browser's dumps are its own matter",
  async () => {
    // What is read at /proc of somebody who chose nothing: the same that this test has.
    const usual = readFileSync(filterFile, "utf8").trim();
    const scene = await setScene();
    const browser = join(scene.user.folder, "dumping-browser");
    writeFileSync(browser, `#!/bin/sh\ncat /proc/$$/coredump_filter > '${scene.user.folder}/filter'\nexec '${scene.user.browser}' "$@"\n`);
    chmodSync(browser, 0o700);
    const filters: string[] = [];
    let run: Run | undefined;
    scene.issuer.answers.token = async (_, answer) => {
      filters.push(readFileSync(`/proc/${run?.child.pid}/coredump_filter`, "utf8").trim());
      return await answer();
    };
    run = scene.start(["--browser-command", browser]);
    void scene.visit(await scene.user.awaitBrowser());
    getToken(await run.ended);
    scene.user.forgetRuntime();
    run = scene.start();
    getToken(await run.ended);
    expect(filters).toEqual(["00000000", "00000000"]);
    expect(readFileSync(join(scene.user.folder, "filter"), "utf8").trim()).toBe(usual);
  },
);
