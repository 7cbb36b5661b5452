import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach } from "vitest";
import { artefacts } from "./places.ts";

const maxLines = 15;

/** When a test fails, the ends of what the servers said come with it: in CI nobody can look into the folder. */
beforeEach(({ onTestFailed }) => {
  onTestFailed(() => {
    for (const name of ["kube-apiserver", "dex", "brief"]) {
      const lines = readFileSync(join(artefacts, `${name}.log`), "utf8")
        .trimEnd()
        .split("\n")
        .slice(-maxLines);
      process.stderr.write(`\n--- the end of ${name}.log\n${lines.join("\n")}\n`);
    }
  });
});
