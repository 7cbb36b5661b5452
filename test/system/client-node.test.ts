import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Cluster, ClusterAccess, createClientHost, loadConfig, type UpgradedConnection } from "@kubepass/kubeconfig";
import { objectPrograms } from "./client-node-programs/objects.ts";
import { streamPrograms } from "./client-node-programs/streams.ts";
import { issueClient } from "./test-support/certificates.ts";
import { type LoopbackNode, startLoopbackNode } from "./test-support/loopback-node.ts";
import { createLoopbackPod } from "./test-support/loopback-pod.ts";
import { getNewerNode } from "./test-support/newer-node.ts";
import { root } from "./test-support/places.ts";

const namespace = "client-node";
const programs = [...objectPrograms, ...streamPrograms];

let folder = "";
let node: LoopbackNode;
let greeter: Server;
let access: ClusterAccess;

/** A kubeconfig whose plugin gives a client certificate, and notes each run. */
function writeKubeconfig(name: string, group: string): { readonly path: string; readonly runs: () => number } {
  const { server, authorityFile, authority } = inject("cluster");
  const files = issueClient(folder, authority, name, group);
  const [command, answer, runs] = [`${name}-plugin`, `${name}-answer`, `${name}-runs`].map((each) => join(folder, each)) as [
    string,
    string,
    string,
  ];
  const apiVersion = "client.authentication.k8s.io/v1";
  const [clientCertificateData, clientKeyData] = [readFileSync(files.certificate, "utf8"), readFileSync(files.key, "utf8")];
  writeFileSync(answer, JSON.stringify({ apiVersion, kind: "ExecCredential", status: { clientCertificateData, clientKeyData } }));
  writeFileSync(runs, "");
  writeFileSync(command, `#!/bin/sh\necho run >>'${runs}'\ncat '${answer}'\n`);
  chmodSync(command, 0o755);
  const path = join(folder, `${name}.kubeconfig`);
  const document = {
    clusters: [{ name: "c", cluster: { server, "certificate-authority": authorityFile } }],
    users: [{ name: "u", user: { exec: { apiVersion, command, interactiveMode: "Never" } } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  writeFileSync(path, JSON.stringify(document));
  return { path, runs: () => readFileSync(runs, "utf8").split("\n").length - 1 };
}

function open(path: string): Cluster {
  return new Cluster(loadConfig({ variables: {}, platform: process.platform }, { path }), access);
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-client-node-"));
  access = new ClusterAccess(createClientHost(process));
  const { authority } = inject("cluster");
  node = await startLoopbackNode(issueClient(folder, authority, "node", "nodes"));
  greeter = createServer((socket) => void socket.on("data", (chunk) => void socket.write(`you said: ${chunk.toString()}`)));
  await new Promise<void>((resolve) => greeter.listen(0, "127.0.0.1", resolve));
  await createLoopbackPod(open(writeKubeconfig("founder", "system:masters").path), node, namespace);
});

afterAll(async () => {
  access.close();
  greeter.close();
  await node.close();
  rmSync(folder, { recursive: true, force: true });
});

const runtimes = [
  { name: "version 1, on the Node that runs the tests", version: "1", getProgram: () => process.execPath },
  { name: "version 2, on a Node that is new enough for it", version: "2", getProgram: getNewerNode },
];

describe("programs of @kubernetes/client-node with our adapter", () => {
  it.each(runtimes)("do what they are meant to, with one run of the plugin: $name", async ({ version, getProgram }) => {
    const { path, runs } = writeKubeconfig(`person-${version}`, "system:masters");
    const main = join(root, "test", "system", "client-node-programs", "main.ts");
    const args = ["--conditions=@kubepass/source", "--import", "tsx", main, version, path, namespace, folder, String(portOf(greeter))];
    const { stdout } = await promisify(execFile)(getProgram(), args, { cwd: root, timeout: 120_000 });
    const outcomes = stdout
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(outcomes).toEqual(programs.map(({ name, expected }) => ({ name, outcome: expected })));
    expect(runs()).toBe(1);
  });
});

/** Sends one message and reads until the other side closes; frames are short here. */
async function converse({ socket }: UpgradedConnection, message: Buffer): Promise<string> {
  // Masked, as clients do, with a mask of zeros.
  socket.write(Buffer.concat([Buffer.from([0x82, 0x80 | message.length, 0, 0, 0, 0]), message]));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    if (Buffer.concat(chunks).includes("Success")) break;
  }
  return Buffer.concat(chunks).toString("latin1");
}

describe("an upgrade through the API server", () => {
  const exec = `/api/v1/namespaces/${namespace}/pods/echo/exec?container=main&command=head&command=-n1&stdin=true&stdout=true`;

  it.each(["v5.channel.k8s.io", "v4.channel.k8s.io"])("reaches the node and speaks %s", async (protocol) => {
    const connection = await open(writeKubeconfig(`upgrader-${protocol.slice(0, 2)}`, "system:masters").path).upgrade(exec, {
      protocols: [protocol],
    });
    expect(connection.protocol).toBe(protocol);
    const heard = await converse(connection, Buffer.from("\0there and back\n"));
    expect(heard).toContain("\u0001there and back\n");
    expect(node.requests.at(-1)).toContain(`/exec/${namespace}/echo/main?`);
  });

  it("is refused to who may not, and the refusal is told apart from a wrong path", async () => {
    const nobody = open(writeKubeconfig("nobody", "nobodies").path);
    await expect(nobody.upgrade(exec, { protocols: ["v5.channel.k8s.io"] })).rejects.toMatchObject({ code: "CLUSTER_FORBIDDEN" });
    const admin = open(writeKubeconfig("admin-of-nothing", "system:masters").path);
    const missing = exec.replace("/echo/", "/nowhere/");
    await expect(admin.upgrade(missing, { protocols: ["v5.channel.k8s.io"] })).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
  });
});
