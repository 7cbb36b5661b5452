import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { issueClient } from "./test-support/certificates.ts";
import { compilePlugin } from "./test-support/compile-plugin.ts";
import { checkExit } from "./test-support/run.ts";
import { createSandbox } from "./test-support/sandbox.ts";

describe("the example plugins", () => {
  it("the token plugin brings the token of a service account, and the next call does without its file", async () => {
    await using sandbox = createSandbox();
    const { server, authorityFile, administrator } = sandbox.cluster;
    const access = [`--server=${server}`, `--certificate-authority=${authorityFile}`];
    const asAdministrator = [...access, `--client-certificate=${administrator.certificate}`, `--client-key=${administrator.key}`];
    const created = checkExit(await sandbox.kubectl(["create", "token", "robot", "--kubeconfig=/dev/null", ...asAdministrator]));
    sandbox.record.addSecret("service account token", created.stdout.trim());
    const tokenFile = join(sandbox.cluster.folder, "robot-token");
    writeFileSync(tokenFile, created.stdout, { mode: 0o600 });

    sandbox.writeKubeconfig({
      command: compilePlugin("examples/token-plugin/main.ts"),
      args: [],
      environment: { TOKEN_FILE: tokenFile },
    });
    const whoami = ["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"];
    expect(checkExit(await sandbox.kubectl(whoami)).stdout).toBe("system:serviceaccount:default:robot");
    writeFileSync(tokenFile, "");
    expect(checkExit(await sandbox.kubectl(whoami)).stdout).toBe("system:serviceaccount:default:robot");
  });

  it("the client certificate plugin brings a certificate that the API server's own authority signed", async () => {
    await using sandbox = createSandbox();
    const folder = join(sandbox.cluster.folder, "olivia");
    mkdirSync(folder, { mode: 0o700 });
    const files = issueClient(folder, sandbox.cluster.authority, "olivia", "developers");
    copyFileSync(files.certificate, join(folder, "tls.crt"));
    copyFileSync(files.key, join(folder, "tls.key"));
    sandbox.record.addSecret("private key", readFileSync(files.key, "utf8").split("\n")[1] ?? "");

    const command = compilePlugin("examples/client-certificate-plugin/main.ts");
    sandbox.writeKubeconfig({ command, args: [], environment: { CERTIFICATE_FOLDER: folder } });
    for (const version of ["v1", "v1beta1"] as const) {
      sandbox.writeKubeconfig({ command, args: [], environment: { CERTIFICATE_FOLDER: folder }, version });
      const { userInfo } = JSON.parse(checkExit(await sandbox.kubectl(["auth", "whoami", "-o", "json"])).stdout).status;
      expect(userInfo.username).toBe("olivia");
      expect(userInfo.groups).toContain("developers");
    }
  });
});
