import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Daemon, startDaemon } from "./daemon.ts";
import { getProgram } from "./programs.ts";
import { checkExit, start } from "./run.ts";
import type { Sandbox } from "./sandbox.ts";

/** A Secret Service on a bus of its own. */
export interface SecretService extends AsyncDisposable {
  /** Where the programs of the sandbox find it. */
  readonly environment: Readonly<Record<string, string>>;
  /** What a search for the items of a program says: their attributes, labels and secrets. */
  search(service: string): Promise<string>;
  /** Locks the collection. Nobody is there to type its password again. */
  lock(): Promise<void>;
  /** From now on the person is asked for the password of a locked collection, in a window that nobody sees. Resolves to what ends that. */
  askInVain(): Promise<Daemon>;
}

// Unlike the usual one it starts nothing by itself: which Secret Service there is, is for the test to say.
const busConfiguration = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
`;

const listNames = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.ListNames"];

async function startBus(sandbox: Sandbox, name: string): Promise<{ readonly daemon: Daemon; readonly address: string }> {
  const file = join(sandbox.folder, "bus.xml");
  writeFileSync(file, busConfiguration);
  const args = [`--config-file=${file}`, "--nofork", "--nopidfile", "--print-address"];
  const daemon = await startDaemon({ name, program: "dbus-daemon", args, isReady: (output) => output.includes("unix:") });
  return { daemon, address: /^unix:.*$/m.exec(daemon.output())?.[0] ?? "" };
}

/** Starts D-Bus and gnome-keyring with an unlocked collection for the person of the sandbox. */
export async function startSecretService(sandbox: Sandbox, name: string): Promise<SecretService> {
  const bus = await startBus(sandbox, `${name}-bus`);
  const folder = join(sandbox.folder, "keyrings");
  mkdirSync(folder, { mode: 0o700 });
  const environment = { DBUS_SESSION_BUS_ADDRESS: bus.address };
  const run = async (program: string, ...args: readonly string[]): Promise<string> => {
    const all = { ...sandbox.environment, ...environment };
    const { stdout, stderr } = checkExit(await start(getProgram(program), args, { environment: all }).ended);
    return stdout + stderr;
  };
  const callService = (method: string, ...args: readonly string[]): Promise<string> => {
    const place = ["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"];
    return run("dbus-send", ...place, `org.freedesktop.${method}`, ...args);
  };
  const keyring = await startDaemon({
    name: `${name}-keyring`,
    program: "gnome-keyring-daemon",
    args: ["--foreground", "--unlock", "--components=secrets"],
    input: "the password of the keyring",
    environment: { ...environment, HOME: sandbox.home, XDG_DATA_HOME: folder, XDG_RUNTIME_DIR: sandbox.runtime },
    isReady: async () =>
      (await callService("DBus.Properties.Get", "string:org.freedesktop.Secret.Service", "string:Collections")).includes("login"),
  });
  return {
    environment,
    search: async (service) => await run("secret-tool", "search", "--all", "service", service),
    async lock() {
      await callService("Secret.Service.Lock", "array:objpath:/org/freedesktop/secrets/collection/login");
    },
    askInVain: async () =>
      await startDaemon({
        name: `${name}-prompter`,
        program: "dbus-test-tool",
        args: ["black-hole", "--session", "--name=org.gnome.keyring.SystemPrompter"],
        environment,
        isReady: async () => (await run("dbus-send", ...listNames)).includes("SystemPrompter"),
      }),
    async [Symbol.asyncDispose]() {
      await keyring.stop();
      await bus.daemon.stop();
    },
  };
}
