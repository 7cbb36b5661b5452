import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { CoreV1Api, KubeConfig, Watch } from "client-node-v1";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { applyToClientNode, type Cluster } from "@kubepass/kubeconfig";
import { issueClient } from "./test-support/certificates.ts";
import { type ClusterClient, createClusterClient, nameOf, writePlugin } from "./test-support/cluster-client.ts";
import { getProgram } from "./test-support/programs.ts";

const namespaces = "/api/v1/namespaces";

let client: ClusterClient;

beforeEach(() => void (client = createClusterClient()));
afterEach(() => client.close());

function open(user: object): Cluster {
  return client.open(inject("cluster"), user);
}

function createToken(): string {
  const { server, authorityFile, administrator, folder: runFolder } = inject("cluster");
  const place = [`--server=${server}`, `--certificate-authority=${authorityFile}`];
  const admin = [`--client-certificate=${administrator.certificate}`, `--client-key=${administrator.key}`];
  return execFileSync(getProgram("kubectl"), [...place, ...admin, "create", "token", "robot"], {
    encoding: "utf8",
    env: { HOME: runFolder, KUBECONFIG: "/dev/null" },
  }).trim();
}

function certificateUser(): object {
  const { administrator } = inject("cluster");
  return { "client-certificate": administrator.certificate, "client-key": administrator.key };
}

describe("a real API server knows us", () => {
  it("by a client certificate in files, also while the files are replaced under load", async () => {
    const { authority } = inject("cluster");
    const [first, second] = ["before", "after"].map((name) => issueClient(client.folder, authority, name, "system:masters"));
    if (first === undefined || second === undefined) throw new Error("no certificates");
    const files = { certificate: join(client.folder, "tls.crt"), key: join(client.folder, "tls.key") };
    const write = (from: typeof first): void => {
      copyFileSync(from.certificate, files.certificate);
      copyFileSync(from.key, files.key);
    };
    write(first);
    const cluster = open({ "client-certificate": files.certificate, "client-key": files.key });
    expect(await nameOf(cluster)).toBe("before");
    const statuses: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      if (round === 5) write(second);
      client.advance(1_000);
      const responses = await Promise.all(Array.from({ length: 20 }, async () => await cluster.fetch(namespaces)));
      for (const response of responses) {
        await response.text();
        statuses.push(response.status);
      }
    }
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await nameOf(cluster)).toBe("after");
  });

  it("by a service account's token in a file that is renewed", async () => {
    const tokenFile = join(client.folder, "token");
    writeFileSync(tokenFile, `${createToken()}\n`);
    const cluster = open({ tokenFile });
    expect(await nameOf(cluster)).toBe("system:serviceaccount:default:robot");
    writeFileSync(tokenFile, "not a token any more");
    expect(await nameOf(cluster)).toBe("system:serviceaccount:default:robot");
    client.advance(50_000);
    expect(await nameOf(cluster)).toBe("status 401");
  });

  it("as somebody else, with groups", async () => {
    const cluster = open({ ...certificateUser(), as: "carol", "as-groups": ["one", "two"], "as-user-extra": { "a/b": ["x"] } });
    expect(await nameOf(cluster)).toBe("carol");
  });

  it("not without a credential", async () => {
    expect(await nameOf(open({}))).toBe("status 401");
  });
});

describe("an expiring plugin credential", () => {
  it("costs one run for each expiry, with a thousand requests at once", async () => {
    const plugin = writePlugin(client.folder);
    const token = createToken();
    plugin.answer({ token, expirationTimestamp: new Date(Date.now() + 600_000) });
    const cluster = open(plugin.user);
    const ask = async (): Promise<readonly number[]> => {
      const responses = await Promise.all(Array.from({ length: 1000 }, async () => await cluster.fetch("/version")));
      await Promise.all(responses.map(async (response) => await response.text()));
      return responses.map(({ status }) => status);
    };
    expect(new Set(await ask())).toEqual(new Set([200]));
    expect(plugin.runs()).toBe(1);
    client.advance(700_000);
    plugin.answer({ token, expirationTimestamp: new Date(Date.now() + 1_400_000) });
    expect(new Set(await ask())).toEqual(new Set([200]));
    expect(plugin.runs()).toBe(2);
  });

  it("is renewed under a watch that goes on", async () => {
    const plugin = writePlugin(client.folder);
    plugin.answer({ token: createToken(), expirationTimestamp: new Date(Date.now() + 600_000) });
    const robot = open({ ...plugin.user });
    const admin = open(certificateUser());
    const grant = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: { name: "robot-watches" } };
    const binding = {
      ...grant,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", name: "robot", namespace: "default" }],
    };
    const post = async (path: string, body: object): Promise<number> => {
      const response = await admin.fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      await response.text();
      return response.status;
    };
    expect(await post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)).toBe(201);
    await expect.poll(async () => (await robot.fetch(namespaces)).status, { timeout: 20_000 }).toBe(200);
    const watch = await robot.fetch(`${namespaces}?watch=true&resourceVersion=0`);
    client.advance(700_000);
    plugin.answer({ token: createToken(), expirationTimestamp: new Date(Date.now() + 1_400_000) });
    expect((await robot.fetch(namespaces)).status).toBe(200);
    expect(plugin.runs()).toBe(2);
    expect(await post(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "seen-by-the-watch" } })).toBe(201);
    const reader = watch.body?.getReader();
    let seen = "";
    while (!seen.includes("seen-by-the-watch")) {
      const chunk = await reader?.read();
      if (chunk?.value === undefined) break;
      seen += Buffer.from(chunk.value).toString();
    }
    expect(seen).toContain("seen-by-the-watch");
    await reader?.cancel();
  });
});

describe("programs of @kubernetes/client-node", () => {
  it("list, create and watch with our credentials", async () => {
    const kubeConfig = applyToClientNode(new KubeConfig(), open(certificateUser()));
    const api = kubeConfig.makeApiClient(CoreV1Api);
    const names = (await api.listNamespace()).items.map(({ metadata }) => metadata?.name);
    expect(names).toContain("default");
    const seen = new Promise<string>((resolve, reject) => {
      const tell = (type: string, object: { metadata?: { name?: string } }): void => {
        if (object.metadata?.name === "made-by-client-node") resolve(type);
      };
      new Watch(kubeConfig).watch(namespaces, {}, tell, (error: unknown) => reject(new Error(String(error)))).catch(reject);
    });
    await api.createNamespace({ body: { metadata: { name: "made-by-client-node" } } });
    expect(await seen).toBe("ADDED");
  });
});
