import { userInfo } from "node:os";
import { join } from "node:path";
import type { Host } from "@kubepass/plugin-sdk";
import { createTestNetworkHost, type TestNetworkHost } from "@kubepass/network/test-support";

/** A host with a clock that only the test turns (a sleep turns it too), real temporary folders, and nobody there. */
export type TestHost = Host & Pick<TestNetworkHost, "lines" | "slept" | "advance">;

/** A new host. Its folders are removed when the test is over. */
export function createTestHost(variables: Readonly<Record<string, string>> = {}, start?: Date): TestHost {
  const network = createTestNetworkHost(variables, start);
  const absent = (): never => {
    throw new Error("nobody is there in this test");
  };
  return {
    ...network,
    environment: {
      ...network.environment,
      userId: userInfo().uid,
      ownProcess: { id: 1, start: "", space: "" },
      isRunning: absent,
    },
    directories: {
      home: join(network.folder, "home"),
      config: join(network.folder, "config"),
      state: join(network.folder, "state"),
      cache: join(network.folder, "cache"),
      runtime: join(network.folder, "runtime"),
    },
    terminal: { isTerminal: false, canRead: false, columns: 80, isCapable: false, write: absent, readLine: absent },
    browser: { open: absent },
    keyring: { read: absent, write: absent, remove: absent },
    protectMemory: () => {},
    startUnchanged: (run) => run(),
    signal: new AbortController().signal,
  };
}
