import { createLog } from "@kubepass/plugin-sdk";
import { createFakeHost, type FakeHost, type FakeHostOptions } from "@kubepass/plugin-sdk/testing";
import type { Runtime } from "../command.ts";
import { withLog } from "../layered-host.ts";
import { start } from "../start.ts";

/** What command lines run in, as far as they are told. */
export const testRuntime: Runtime = {
  name: "node",
  version: "20.19.0",
  architecture: "x64",
  programFile: "/opt/kubepass/kubepass",
  kill: (id, signal) => void process.kill(id, signal),
};

/** What one command line did. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  /** What people and logs were told, at the verbosity that was asked for. */
  readonly stderr: string;
}

/** A fake user whose commands share one set of folders. */
export interface FakeUser {
  readonly host: FakeHost;
  /** Runs a command line as another process of the same user. */
  run(argv: readonly string[], options?: FakeHostOptions): Promise<Ran>;
  remove(): void;
}

/** Runs command lines in this process, against real temporary folders and a fake clock. */
export function createFakeUser(): FakeUser {
  const first = createFakeHost({ variables: {} });
  return {
    host: first,
    async run(argv, options = {}) {
      // No two commands of a person begin at the same instant.
      first.advance(1000);
      const host = createFakeHost({ variables: {}, isTerminal: false, canRead: false, ...options, sharedWith: first });
      // As the real host does without -v: the fake one tells everything.
      const log = createLog({ name: "kubepass", verbosity: 0, format: "text", write: (line) => host.terminal.write(line) });
      const stdout: string[] = [];
      const exitCode = await start({
        argv,
        host: withLog(host, log),
        stdout: { write: (text) => void stdout.push(text) },
        name: "kubepass",
        runtime: testRuntime,
      });
      return { exitCode, stdout: stdout.join(""), stderr: host.output() };
    },
    remove: () => first.remove(),
  };
}
