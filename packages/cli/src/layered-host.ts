import type { Host, Log } from "@kubepass/plugin-sdk";

// Written out, because a spread would evaluate the lazy members, which the hot path does without.

/** The same host with another log. */
export function withLog(host: Host, log: Log): Host {
  const { environment, clock, terminal, browser, keyring } = host;
  return {
    environment,
    clock,
    terminal,
    browser,
    keyring,
    log,
    get directories() {
      return host.directories;
    },
    protectMemory: () => host.protectMemory(),
    startUnchanged: (start) => host.startUnchanged(start),
    get signal() {
      return host.signal;
    },
  };
}

/** The same host with more environment variables, as a child process would have them. */
export function withVariables(host: Host, variables: Readonly<Record<string, string>>): Host {
  const { clock, terminal, browser, keyring, log, environment } = host;
  return {
    environment: {
      variables: { ...environment.variables, ...variables },
      platform: environment.platform,
      userId: environment.userId,
      get ownProcess() {
        return environment.ownProcess;
      },
      isRunning: (other) => environment.isRunning(other),
    },
    clock,
    terminal,
    browser,
    keyring,
    log,
    get directories() {
      return host.directories;
    },
    protectMemory: () => host.protectMemory(),
    startUnchanged: (start) => host.startUnchanged(start),
    get signal() {
      return host.signal;
    },
  };
}
