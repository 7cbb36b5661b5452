import { describe, expect, it } from "vitest";
import type { ExecEntry } from "./test-support/kubeconfig.ts";
import { formatEmail } from "./test-support/keystone.ts";
import { createPerson } from "./test-support/person.ts";
import { getProgram } from "./test-support/programs.ts";
import { checkExit } from "./test-support/run.ts";
import { createSandbox } from "./test-support/sandbox.ts";
import { waitFor } from "./test-support/wait-for.ts";

const person = createPerson();

const versions = ["v1", "v1beta1"] as const;
const modes = ["Never", "IfAvailable", "Always"] as const;
const whoami = "auth whoami -o jsonpath={.status.userInfo.username}";
const paste = "Or paste the address";

function* listEntries(): Generator<Required<Pick<ExecEntry, "version" | "interactiveMode" | "provideClusterInfo">>> {
  for (const version of versions) {
    for (const interactiveMode of modes) {
      for (const provideClusterInfo of [true, false]) yield { version, interactiveMode, provideClusterInfo };
    }
  }
}

describe("every way in which a kubeconfig can name a plugin", () => {
  it("works with a terminal, and without one unless the kubeconfig insists on one", async () => {
    await using sandbox = createSandbox({ verbosity: "0" });
    const first = sandbox.startGetToken();
    await person.signIn(await sandbox.awaitUrl(0), "nora");
    checkExit(await first.ended);
    for (const entry of listEntries()) {
      sandbox.writeKubeconfig(entry);
      const inTerminal = await sandbox.startInTerminal(`${getProgram("kubectl")} ${whoami}`).ended;
      expect({ entry, said: inTerminal.stdout.trim() }).toEqual({ entry, said: formatEmail("nora") });
      const without = await sandbox.kubectl(whoami.split(" "));
      const isRefused = entry.interactiveMode === "Always";
      expect({ entry, said: without.stdout, code: without.code }).toEqual({
        entry,
        said: isRefused ? "" : formatEmail("nora"),
        code: isRefused ? 1 : 0,
      });
    }
    expect(sandbox.openedUrls()).toHaveLength(1);
  });

  it.each(versions)("a person signs in with %s; the cluster is named where kubectl tells it", async (version) => {
    await using sandbox = createSandbox();
    const host = new URL(sandbox.cluster.server).host;
    for (const [index, provideClusterInfo] of [true, false].entries()) {
      sandbox.writeKubeconfig({ version, provideClusterInfo, interactiveMode: "Never", environment: { KUBEPASS_SESSION_STORE: "none" } });
      const running = sandbox.startKubectl(whoami.split(" "));
      const page = await person.signIn(await sandbox.awaitUrl(index), "olga");
      expect(page.text.includes(host)).toBe(provideClusterInfo);
      expect(checkExit(await running.ended).stdout).toBe(formatEmail("olga"));
      await sandbox.kubepass(["logout", ...sandbox.signInArguments]);
    }
  });

  it.each(modes)(
    "in a terminal and with interactiveMode %s, the person is asked for a line only where it can be read",
    async (interactiveMode) => {
      await using sandbox = createSandbox();
      sandbox.writeKubeconfig({ interactiveMode });
      const running = sandbox.startInTerminal(`${getProgram("kubectl")} ${whoami}`);
      const url = await sandbox.awaitUrl(0);
      if (interactiveMode !== "Never") await waitFor("the question", () => (running.stdout().includes(paste) ? true : undefined));
      await person.signIn(url, "paula");
      const { stdout } = checkExit(await running.ended);
      expect(stdout).toContain(formatEmail("paula"));
      expect(stdout.includes(paste)).toBe(interactiveMode !== "Never");
    },
  );
});
