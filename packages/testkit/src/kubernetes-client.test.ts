import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiServer, createApiServer } from "./api-server.ts";
import { type CertificateAuthority, createCertificateAuthority } from "./certificate-authority.ts";
import { formatKubeconfig } from "./kubeconfig.ts";
import { createKubernetesClient, type KubernetesClient } from "./kubernetes-client.ts";

const whoAmI = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
let authority: CertificateAuthority;
let server: ApiServer;
let folder: string;

beforeAll(async () => {
  authority = await createCertificateAuthority();
  server = await createApiServer({ certificateAuthority: authority });
  folder = mkdtempSync(join(tmpdir(), "kubepass-client-"));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.close();
});

function createClient(body: string, tell?: (text: string) => void): KubernetesClient {
  const command = join(folder, "plugin");
  writeFileSync(command, `#!/bin/sh\n${body}\n`);
  chmodSync(command, 0o755);
  const user = { command, args: ["get"], env: { OWN: "yes" }, provideClusterInfo: true };
  return createKubernetesClient({
    server: server.url,
    certificateAuthorityPem: authority.certificatePem,
    user,
    environment: { PATH: "/usr/bin:/bin" },
    tell,
  });
}

async function createAnswer(): Promise<string> {
  const { certificatePem, privateKeyPem } = await authority.issueClient({ commonName: "anna" });
  const status = { clientCertificateData: certificatePem, clientKeyData: privateKeyPem };
  writeFileSync(join(folder, "answer"), JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status }));
  return `cat '${join(folder, "answer")}'`;
}

test("a request carries what the plugin printed, and the plugin runs once", async () => {
  const client = createClient(`echo "$OWN $1 $KUBERNETES_EXEC_INFO" >> '${join(folder, "runs")}'; ${await createAnswer()}`);
  expect(await client.request(whoAmI, { body: {} })).toMatchObject({ status: 201, body: { status: { userInfo: { username: "anna" } } } });
  await client.request("/version");
  const runs = readFileSync(join(folder, "runs"), "utf8").trim().split("\n");
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatch(/^yes get /);
  expect(JSON.parse(runs[0]?.slice("yes get ".length) ?? "")).toMatchObject({
    apiVersion: "client.authentication.k8s.io/v1",
    spec: { interactive: false, cluster: { server: server.url } },
  });
});

test("a refused credential makes the client ask the plugin once more", async () => {
  const status = { token: "wrong" };
  const answer = JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status });
  const client = createClient(`echo run >> '${join(folder, "again")}'; echo '${answer}'`);
  expect((await client.request("/version")).status).toBe(401);
  expect(readFileSync(join(folder, "again"), "utf8")).toBe("run\nrun\n");
});

test("a plugin that fails is an error with its exit code, and what it said is passed on", async () => {
  let said = "";
  const client = createClient("echo 'no entry' >&2; exit 3", (text) => (said += text));
  await expect(client.request("/version")).rejects.toThrow("failed with exit code 3");
  expect(said).toBe("no entry\n");
});

test("a kubeconfig with a plugin says all that kubectl insists on", () => {
  const text = formatKubeconfig({ server: server.url, certificateAuthorityPem: "pem", user: { command: "kubepass" }, namespace: "shop" });
  expect(JSON.parse(text)).toMatchObject({
    clusters: [{ cluster: { server: server.url, "certificate-authority-data": Buffer.from("pem").toString("base64") } }],
    users: [
      { user: { exec: { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "IfAvailable", provideClusterInfo: false } } },
    ],
    contexts: [{ context: { namespace: "shop" } }],
  });
});
