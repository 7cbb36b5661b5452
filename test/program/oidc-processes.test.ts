import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { parseKubeconfig } from "@kubepass/kubeconfig";
import { createFetch } from "@kubepass/network";
import { createAuthority, createTestNetworkHost, startServer } from "@kubepass/network/test-support";
import { createIssuer, type Issuer } from "@kubepass/testkit";
import { isJsonObject } from "@kubepass/wire";

const program = fileURLToPath(new URL("ask-cluster.ts", import.meta.url));
const flags = ["--conditions=@kubepass/source", "--import", "tsx"];

async function openIssuer(idTokenSeconds: number): Promise<Issuer> {
  const issuer = await createIssuer({ idTokenSeconds });
  onTestFinished(async () => {
    await issuer.close();
    expect(issuer.failures).toEqual([]);
  });
  return issuer;
}

/** The refresh token that a grant brings. */
async function requestToken(issuer: Issuer, grant: Readonly<Record<string, string>>): Promise<string> {
  const fetch = createFetch({ certificateAuthorityPems: [issuer.authority?.certificatePem ?? ""] }, createTestNetworkHost());
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams({ client_id: issuer.clients.native.clientId, ...grant }).toString();
  const answer: unknown = await (await fetch(`${issuer.url}/token`, { method: "POST", headers, body })).json();
  const token = isJsonObject(answer) ? answer["refresh_token"] : undefined;
  return typeof token === "string" ? token : "refused";
}

interface Scene {
  /** Runs so many programs that ask the cluster at one moment, and gives what each printed. */
  run(count: number): Promise<readonly string[]>;
  readKubeconfig(): string;
  findRefreshToken(): string;
}

async function createScene(issuer: Issuer): Promise<Scene> {
  const [account] = issuer.accounts;
  const person = { grant_type: "password", username: account?.id ?? "", password: account?.password ?? "" };
  const refreshToken = await requestToken(issuer, { scope: "openid offline_access", ...person });
  // https, or credentials would not be sent; the certificate is beside the point.
  const certificate = await (await createAuthority()).issue();
  const server = await startServer((request, response) => void response.end(request.headers.authorization), certificate);
  const folder = mkdtempSync(join(tmpdir(), "kubepass-processes-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "config");
  writeFileSync(
    path,
    `# mine
current-context: x
contexts: [{name: x, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "${server.origin}", insecure-skip-tls-verify: true}}]
users:
- name: u
  user:
    auth-provider:
      name: oidc
      config: # tokens
        idp-issuer-url: ${issuer.url}
        idp-certificate-authority-data: ${Buffer.from(issuer.authority?.certificatePem ?? "").toString("base64")}
        client-id: ${issuer.clients.native.clientId}
        refresh-token: ${refreshToken}
`,
  );
  const findRefreshToken = (): string =>
    parseKubeconfig(readFileSync(path, "utf8")).users.get("u")?.authProvider?.config.get("refresh-token")?.reveal() ?? "";
  return { run: async (count) => await runAtOnce(count, path), readKubeconfig: () => readFileSync(path, "utf8"), findRefreshToken };
}

async function runAtOnce(count: number, path: string): Promise<readonly string[]> {
  const children = Array.from({ length: count }, () => spawn(process.execPath, [...flags, program, path, "wait"]));
  onTestFinished(() => children.forEach((child) => void child.kill("SIGKILL")));
  const outputs = children.map(async ({ stdout, stderr }) => {
    const [printed, problems] = await Promise.all([text(stdout), text(stderr)]);
    return `${printed}${problems}`.replace("ready\n", "").trim();
  });
  await Promise.all(children.map(async ({ stdout }) => await new Promise((resolve) => stdout.once("data", resolve))));
  for (const { stdin } of children) stdin.end();
  return await Promise.all(outputs);
}

test("processes that share a kubeconfig refresh once, and lose nothing", async () => {
  const issuer = await openIssuer(3600);
  const scene = await createScene(issuer);
  const before = scene.findRefreshToken();
  const outputs = await scene.run(4);
  expect(new Set(outputs).size).toBe(1);
  expect(outputs[0]).toMatch(/^200 Bearer ey\S+$/);
  expect(issuer.requests.token).toMatchObject({ refresh_token: 1 });
  expect(issuer.requests.issued).toMatchObject({ refresh_token: 1 });
  expect(scene.readKubeconfig()).toMatch(/^# mine[^]*# tokens/);
  expect(scene.findRefreshToken()).not.toBe(before);
  // Only the last of a chain is good: that is what they have kept.
  const grant = { grant_type: "refresh_token", refresh_token: scene.findRefreshToken() };
  expect(await requestToken(issuer, grant)).not.toBe("refused");
});

test("processes whose tokens are over at once refresh one after the other, and never with a token that is used up", async () => {
  // Shorter than the ten seconds that a token must have left.
  const issuer = await openIssuer(5);
  const scene = await createScene(issuer);
  const outputs = await scene.run(3);
  expect(outputs.map((line) => line.replace(/ey\S+/, "TOKEN"))).toEqual(Array.from({ length: 3 }, () => "200 Bearer TOKEN"));
  expect(issuer.requests.token).toMatchObject({ refresh_token: 3 });
  expect(issuer.requests.issued).toMatchObject({ refresh_token: 3 });
  const grant = { grant_type: "refresh_token", refresh_token: scene.findRefreshToken() };
  expect(await requestToken(issuer, grant)).not.toBe("refused");
});
