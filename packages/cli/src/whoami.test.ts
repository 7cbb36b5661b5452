import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ApiServer, createApiServer, createCertificateAuthority } from "@kubepass/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { judgeReview } from "./commands/whoami-cluster.ts";
import { createFakeUser, type FakeUser } from "./test-support/run-in-process.ts";

let server: ApiServer;
let certificate: { readonly certificatePem: string; readonly privateKeyPem: string };
let user: FakeUser;

beforeAll(async () => {
  const authority = await createCertificateAuthority("test");
  server = await createApiServer({ certificateAuthority: authority });
  const notAfter = new Date("2035-01-01T00:00:00Z");
  certificate = await authority.issueClient({ commonName: "anna", organizations: ["developers"], notAfter });
});
afterAll(async () => await server.close());
beforeEach(() => (user = createFakeUser()));
afterEach(() => user.remove());

function writeKubeconfig(entry: object): string {
  const folder = join(user.host.directories.home, ".kube");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "config");
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const cluster = { server: server.url, "certificate-authority-data": base64(server.certificateAuthorityPem) };
  const document = {
    clusters: [{ name: "shop", cluster }],
    users: [{ name: "anna", user: entry }],
    contexts: [{ name: "work", context: { cluster: "shop", user: "anna" } }],
    "current-context": "work",
  };
  writeFileSync(path, JSON.stringify(document));
  return path;
}

function certificateEntry(): object {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return { "client-certificate-data": base64(certificate.certificatePem), "client-key-data": base64(certificate.privateKeyPem) };
}

describe("whoami with a kubeconfig", () => {
  test("asks the cluster, and tells through which credential, from which file, with what left to live", async () => {
    const path = writeKubeconfig(certificateEntry());
    const ran = await user.run(["whoami"]);
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout).toMatch(/^anna\n/);
    expect(ran.stdout).toMatch(/groups +developers, system:authenticated\n/);
    expect(ran.stdout).toContain(`${server.url}, context work`);
    expect(ran.stdout.replace(/\s+/g, " ")).toContain(`through a client certificate, of the user anna (${path})`);
    expect(ran.stdout).toContain("good until 2035-01-01T00:00:00Z");
  });

  test("is JSON for programs", async () => {
    const path = writeKubeconfig(certificateEntry());
    const ran = await user.run(["whoami", "--output=json"]);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      kind: "WhoAmI",
      verifiedByCluster: true,
      userInfo: { username: "anna", groups: ["developers", "system:authenticated"] },
      context: "work",
      credentialExpiresAt: "2035-01-01T00:00:00Z",
      files: { user: path },
    });
    expect(ran.stdout).not.toContain("PRIVATE");
  });

  test("says when the cluster does not know the credential, and shows no token", async () => {
    writeKubeconfig({ token: "not-a-good-token" });
    const ran = await user.run(["whoami"]);
    expect([ran.exitCode, ran.stdout]).toEqual([1, ""]);
    expect(ran.stderr).toContain("does not know who you are (401): it does not accept a token (CLUSTER_UNAUTHORIZED)");
    expect(ran.stderr).not.toContain("not-a-good-token");
  });

  test("asks no cluster anonymously", async () => {
    writeKubeconfig({});
    const before = server.counts.requests;
    const ran = await user.run(["whoami"]);
    expect([ran.exitCode, ran.stdout, server.counts.requests]).toEqual([3, "", before]);
    expect(ran.stderr).toContain(`the user "anna" has no credentials: nothing says who is asking ${server.url} (LOGIN_REQUIRED)`);
    expect(ran.stderr).toContain("hint: give the context a user with credentials: kubepass kubeconfig add");
  });

  test("runs the plugin only where kuberc allows it", async () => {
    writeKubeconfig({ exec: { apiVersion: "client.authentication.k8s.io/v1", command: "/bin/false", interactiveMode: "Never" } });
    expect((await user.run(["whoami"])).stderr).toContain("(PLUGIN_FAILED)");
    const kuberc = join(user.host.directories.home, "kuberc");
    writeFileSync(kuberc, "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ncredentialPluginPolicy: DenyAll\n");
    const ran = await user.run(["whoami"], { variables: { KUBERC: kuberc } });
    expect([ran.exitCode, ran.stderr]).toEqual([6, expect.stringContaining("(POLICY_REFUSED)")]);
  });

  test("says that the context that was named leads to no cluster", async () => {
    const path = writeKubeconfig({ token: "t" });
    writeFileSync(path, "contexts: [{name: lost, context: {cluster: gone, user: anna}}]\n");
    for (const flags of [["--context=lost"], [`--kubeconfig=${path}`]]) {
      expect((await user.run(["whoami", ...flags])).stderr).toContain("(KUBECONFIG_EMPTY)");
    }
    expect((await user.run(["whoami"])).stderr).toContain("nobody is signed in");
  });

  test("asks no cluster when it must not", async () => {
    writeKubeconfig(certificateEntry());
    const before = server.counts.requests;
    const ran = await user.run(["whoami", "--offline"]);
    expect([ran.exitCode, server.counts.requests]).toEqual([3, before]);
    expect(ran.stderr).toContain("nobody is signed in");
  });
});

const good = JSON.stringify({ status: { userInfo: { username: "u", groups: ["g"], extra: { k: ["v"] } } } });

test("a review tells the user", () => {
  expect(judgeReview(201, good, "h", "c")).toEqual({ username: "u", uid: "", groups: ["g"], extra: { k: ["v"] } });
});

test.each([
  [401, good, "CLUSTER_UNAUTHORIZED", "does not know who you are"],
  [403, good, "CLUSTER_FORBIDDEN", "does not let you ask"],
  [404, good, "RESPONSE_INVALID", "older than Kubernetes 1.28"],
  [500, good, "RESPONSE_INVALID", "status 500"],
  [201, "<html>", "RESPONSE_INVALID", "no SelfSubjectReview"],
  [201, "{}", "RESPONSE_INVALID", "no SelfSubjectReview"],
  [200, '{"status":{"userInfo":{"username":7}}}', "RESPONSE_INVALID", "no SelfSubjectReview"],
])("status %d is told in words", (status, text, code, words) => {
  expect(() => judgeReview(status, text, "h", "c")).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }));
});
