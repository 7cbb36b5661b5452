import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { copyFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Daemon } from "./test-support/daemon.ts";
import { clientId } from "./test-support/issuer.ts";
import { formatEmail, password } from "./test-support/keystone.ts";
import { getProgram } from "./test-support/programs.ts";
import { replaceFile } from "./test-support/replace-file.ts";
import { checkExit } from "./test-support/run.ts";
import { createReviewClient } from "./test-support/serve/review-client.ts";
import { askOperations } from "./test-support/serve/ask-operations.ts";
import {
  type ApiServers,
  createWebhookScene,
  formatIssuers,
  reservedToken,
  staticToken,
  type WebhookScene,
  whoami,
} from "./test-support/serve/webhook-scene.ts";
import { requestText } from "./test-support/serve/request-text.ts";
import { waitFor } from "./test-support/wait-for.ts";

let scene: WebhookScene;
let serve: Daemon;
let servers: ApiServers;

beforeAll(async () => {
  scene = await createWebhookScene();
  serve = await scene.startServe();
  servers = await scene.startApiServers();
}, 240_000);

afterAll(async () => {
  await scene.close();
}, 60_000);

/** An ID token of Dex, whose password grant is open to tests. */
async function issueDexToken(person: string): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "password",
    client_id: clientId,
    username: person,
    password,
    scope: "openid email groups",
  });
  const text = await requestText(`${scene.cluster.issuer}/token`, readFileSync(scene.cluster.issuerAuthorityFile, "utf8"), form.toString());
  return (JSON.parse(text) as { id_token: string }).id_token;
}

async function nameOf(server: string, token: string): Promise<string> {
  const outcome = await whoami(scene, server, token);
  return outcome.code === 0 ? JSON.parse(outcome.stdout).status.userInfo.username : `refused: ${outcome.stderr.trim()}`;
}

/** The person's data without what only the API server itself adds. */
async function userOf(server: string, token: string): Promise<unknown> {
  return JSON.parse(checkExit(await whoami(scene, server, token)).stdout).status.userInfo;
}

describe("kubectl auth whoami", () => {
  it("says by v1, by v1beta1 and without us the same of tokens of the test kit's issuer, of Dex and of a file", async () => {
    const tokens = { kit: await scene.issuer.issueIdToken(), dex: await issueDexToken("ada"), file: staticToken };
    const [account] = scene.issuer.accounts;
    const names = { kit: `kit:${account?.email}`, dex: `dex:${formatEmail("ada")}`, file: "stan" };
    for (const source of ["kit", "dex", "file"] as const) {
      const direct = await userOf(servers.direct, tokens[source]);
      expect(direct).toMatchObject({ username: names[source] });
      for (const server of [servers.v1, servers.v1beta1]) expect(await userOf(server, tokens[source])).toEqual(direct);
    }
  });

  it("is refused for expired, foreign, broken and unknown tokens, with and without us", async () => {
    const good = await scene.issuer.issueIdToken();
    const bad = [
      await scene.issuer.issueIdToken({ lifetimeSeconds: -10 }),
      await scene.issuer.issueIdToken({ audience: "somebody-else" }),
      await scene.issuer.issueIdToken({ claims: { email_verified: false } }),
      `${good.slice(0, -6)}AAAAAA`,
      "nobodys-token",
    ];
    for (const token of bad) {
      const answers = await Promise.all(Object.values(servers).map(async (server) => await nameOf(server, token)));
      for (const answer of answers) expect(answer).toMatch(/^refused: .*(Unauthorized|must be logged in)/s);
    }
  });

  it("never makes somebody of the system's, whatever a source says", async () => {
    // kube-apiserver itself believes its own token file.
    expect(await nameOf(servers.direct, reservedToken)).toBe("mallory");
    expect(await nameOf(servers.v1, reservedToken)).toMatch(/^refused/);
  });

  it("leaves a line about each decision, with a fingerprint that the owner can compute, and no token", async () => {
    const token = await scene.issuer.issueIdToken();
    await nameOf(servers.v1, token);
    const fingerprint = createHash("sha256").update(token).digest("hex").slice(0, 16);
    const line = await waitFor("the decision", () =>
      serve
        .output()
        .split("\n")
        .find((each) => each.includes(fingerprint)),
    );
    expect(JSON.parse(line)).toMatchObject({ kind: "Decision", outcome: "verified", code: "VERIFIED", verifier: "jwt" });
    for (const secret of scene.issuer.secrets()) expect(serve.output()).not.toContain(secret);
    for (const secret of [staticToken, reservedToken, "stan", "mallory"]) expect(serve.output()).not.toContain(secret);
  });
});

/** Asks the server again and again, several at once, and checks every answer. */
function startLoad(expected: () => ReadonlyMap<string, readonly string[]>) {
  const client = createReviewClient(scene.kubeconfig);
  const wrong: string[] = [];
  let count = 0;
  const over = new AbortController();
  const ask = async (): Promise<void> => {
    while (!over.signal.aborted) {
      for (const [token, names] of expected()) {
        try {
          const status = await client.review(token);
          const said = status.authenticated === true ? (status.user?.username ?? "") : (status.error ?? "refused");
          if (!names.includes(said)) wrong.push(`${said} instead of ${names.join(" or ")}`);
        } catch (error) {
          wrong.push(`lost: ${String(error)}`);
        }
        count += 1;
      }
    }
  };
  const askers = Array.from({ length: 8 }, ask);
  return {
    wrong,
    count: () => count,
    /** So many more answers. */
    async more(answers: number): Promise<void> {
      const target = count + answers;
      await waitFor("more answers", () => (count >= target ? true : undefined), { timeoutMs: 30_000 });
    },
    async stop(): Promise<void> {
      over.abort();
      await Promise.all(askers);
      client.close();
    },
  };
}

async function countReloads(result: "success" | "failure"): Promise<number> {
  const { text } = await askOperations(scene.operationsPort, "/metrics");
  return Number(new RegExp(`kubepass_config_reloads_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1] ?? "0");
}

/** Changes files, and waits until the server has taken notice. */
async function reload(result: "success" | "failure", change: () => void): Promise<void> {
  const before = await countReloads(result);
  change();
  await waitFor(`a reload with ${result}`, async () => ((await countReloads(result)) > before ? true : undefined));
}

function renewServerCertificate(): void {
  const [key, request, certificate, extensions] = ["server.key", "server.csr", "server.crt", "server.ext"].map((name) =>
    join(scene.folder, name),
  );
  writeFileSync(extensions ?? "", "subjectAltName=IP:127.0.0.1,DNS:renewed.example\nextendedKeyUsage=serverAuth\n");
  const openssl = (...args: readonly string[]): void =>
    void execFileSync(getProgram("openssl"), args, { stdio: ["ignore", "ignore", "pipe"] });
  openssl(
    "req",
    "-new",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    `${key}.new`,
    "-out",
    request ?? "",
    "-subj",
    "/CN=renewed",
  );
  const authority = ["-CA", join(scene.folder, "authority.crt"), "-CAkey", join(scene.folder, "authority.key"), "-set_serial", "7"];
  openssl("x509", "-req", "-in", request ?? "", ...authority, "-days", "1", "-out", `${certificate}.new`, "-extfile", extensions ?? "");
  // Two renames are not one: in between, certificate and key do not belong together.
  renameSync(`${key}.new`, key ?? "");
  renameSync(`${certificate}.new`, certificate ?? "");
}

async function readServedNames(): Promise<string> {
  const port = Number(/:(\d+)\/authenticate/.exec(readFileSync(scene.kubeconfig, "utf8"))?.[1]);
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca: readFileSync(join(scene.folder, "authority.crt")) }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw).subjectAltName ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

describe("under load, without one wrong or lost answer", () => {
  it("keys are rotated, the issuer goes away and comes back, configuration and certificates are replaced", async () => {
    const [account] = scene.issuer.accounts;
    const name = `kit:${account?.email}`;
    const expected = new Map<string, readonly string[]>([
      [await scene.issuer.issueIdToken(), [name]],
      [staticToken, ["stan"]],
      ["nobodys-token", ["refused"]],
    ]);
    const load = startLoad(() => expected);
    await load.more(200);

    await scene.issuer.rotateKeys();
    const rotated = await scene.issuer.issueIdToken();
    expected.set(rotated, [name]);
    await load.more(200);
    expect(await nameOf(servers.v1, rotated)).toBe(name);

    scene.issuer.intercept = (_, response) => {
      response.destroy();
      return true;
    };
    expected.set(await scene.issuer.issueIdToken(), [name]);
    await load.more(200);
    scene.issuer.intercept = undefined;

    const goodTokens = readFileSync(scene.tokenFile, "utf8");
    await reload("success", () => replaceFile(scene.tokenFile, `${goodTokens}another-token-of-the-system-test-01,olga,79\n`));
    expected.set("another-token-of-the-system-test-01", ["olga"]);
    await load.more(200);

    copyFileSync(scene.serveConfig, `${scene.serveConfig}.good`);
    await reload("failure", () => replaceFile(scene.serveConfig, `${readFileSync(scene.serveConfig, "utf8")}nonsense: true\n`));
    expect(serve.output()).toMatch(/the last good one stays in force.*nonsense is not known/);
    await load.more(200);
    await reload("success", () => renameSync(`${scene.serveConfig}.good`, scene.serveConfig));

    await reload("success", renewServerCertificate);
    await waitFor("the new certificate", async () => ((await readServedNames()).includes("renewed.example") ? true : undefined));
    await load.more(200);
    expect(await nameOf(servers.v1beta1, await scene.issuer.issueIdToken())).toBe(name);

    // While the claim changes, both names are right; afterwards only the new one.
    const byMail = [...expected].filter(([, names]) => names.includes(name)).map(([token]) => token);
    for (const token of byMail) expected.set(token, [name, `kit:${account?.id}`]);
    await reload("success", () => replaceFile(scene.authenticationFile, formatIssuers(scene.issuer, scene.cluster, "sub")));
    for (const token of byMail) expected.set(token, [`kit:${account?.id}`]);
    await load.more(200);
    await load.stop();
    expect(load.wrong).toEqual([]);
    expect(load.count()).toBeGreaterThan(1400);
  }, 120_000);

  it("the server stops and another one takes over: what was asked is answered", async () => {
    const load = startLoad(() => new Map([[staticToken, ["stan"]]]));
    await load.more(200);
    await serve.stop();
    expect(serve.output()).toContain("kubepass: info: stopped");
    // Between two servers on one port nobody can be reached; only that may have been felt.
    serve = await scene.startServe();
    await load.more(200);
    await load.stop();
    expect(load.wrong.filter((what) => !what.includes("ECONNREFUSED"))).toEqual([]);
  }, 60_000);

  it("after kill -9 the next one knows everything again", async () => {
    process.kill(serve.id, "SIGKILL");
    serve = await scene.startServe();
    expect(await nameOf(servers.v1, staticToken)).toBe("stan");
    expect(await nameOf(servers.v1beta1, await scene.issuer.issueIdToken())).toMatch(/^kit:/);
  });
});
