import { describe, expect, it } from "vitest";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, start } from "./test-support/run.ts";
import { createSandbox } from "./test-support/sandbox.ts";

interface Flag {
  readonly name: string;
  readonly argument: string;
}

// Of `      --oidc-extra-scope strings   Scopes to request` the name, and whether a value follows.
const flagLine = /^ {2,}(?:-\w, )?--(\S+)(?: (\w+))? {2,}/;
const values: Readonly<Record<string, string>> = { int: "5", uint: "5", stringToString: "key=value", Level: "1", severity: "1" };

function parseFlags(help: string): readonly Flag[] {
  return help.split("\n").flatMap((line) => {
    const [, name, kind] = flagLine.exec(line) ?? [];
    if (name === undefined || name === "help") return [];
    return { name, argument: kind === undefined ? `--${name}` : `--${name}=${values[kind] ?? "text"}` };
  });
}

describe("arguments written for int128/kubelogin", () => {
  it("are understood one and all, or the answer says what to do instead", async () => {
    await using sandbox = createSandbox({ verbosity: "0" });
    const help = checkExit(await start(getProgram("kubelogin"), ["get-token", "--help"], { environment: { HOME: sandbox.home } }).ended);
    const flags = parseFlags(help.stdout + help.stderr);
    expect(flags.length).toBeGreaterThan(35);
    const strange: string[] = [];
    for (const { name, argument } of flags) {
      const { stderr } = checkExit(await sandbox.kubepass(["get-token", "oidc", argument]), 2);
      const isExplained = stderr.includes(": remove the flag");
      // Only what was understood is judged any further: the issuer is missing.
      if (!isExplained && !stderr.includes("(CONFIG_INVALID)")) strange.push(`${name}: ${stderr}`);
    }
    expect(strange).toEqual([]);
  });
});
