import { describe, expect, it } from "vitest";
import { formatEmail } from "./test-support/keystone.ts";
import { createPerson } from "./test-support/person.ts";
import { getProgram } from "./test-support/programs.ts";
import { checkExit } from "./test-support/run.ts";
import { createSandbox } from "./test-support/sandbox.ts";
import { waitFor } from "./test-support/wait-for.ts";

const person = createPerson();
const whoami = "auth whoami -o jsonpath={.status.userInfo.username}";

describe("a remote shell, where no browser can be opened", () => {
  it("takes the address on which the browser elsewhere ended, pasted into the terminal", async () => {
    await using sandbox = createSandbox();
    sandbox.environment["KUBEPASS_INTERACTION"] = "auto";
    sandbox.environment["SSH_CONNECTION"] = "192.0.2.1 50000 192.0.2.2 22";
    const running = sandbox.startInTerminal(`${getProgram("kubectl")} ${whoami}`);
    const shown = await waitFor("the address", () => /^(https:\S+)\r?$[^]*Or paste/m.exec(running.stdout())?.[1]);
    running.write(`${await person.copyAddress(shown, "quinn")}\n`);
    const { stdout } = checkExit(await running.ended);
    expect(stdout).toContain(formatEmail("quinn"));
    expect(sandbox.openedUrls()).toEqual([]);
  });

  it("signs in with a device code, of which it always shows the code and the plain address", async () => {
    await using sandbox = createSandbox({ signInArguments: ["--grant-type=device-code"] });
    sandbox.environment["KUBEPASS_INTERACTION"] = "print";
    const running = sandbox.startInTerminal(`${getProgram("kubectl")} ${whoami}`);
    const [, plain, userCode, complete] = await waitFor(
      "the code",
      () =>
        /^ {2}(https:\S+)\r?\n\r?\n {2}([A-Z]{4}-[A-Z]{4})\r?\n[^]*^ {2}(https:\S+user_code=\S+)\r?$/m.exec(running.stdout()) ?? undefined,
    );
    expect(new URL(plain ?? "").origin).toBe(new URL(sandbox.cluster.issuer).origin);
    expect(complete).toContain(userCode);
    const page = await person.approveDevice(complete ?? "", "rosa");
    expect(page.text).toContain("Login Successful");
    expect(checkExit(await running.ended).stdout).toContain(formatEmail("rosa"));
  });
});
