import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestNetworkHost } from "@kubepass/network/test-support";
import { type AwsKey, type AwsStandIn, createEksToken, startReachableAws } from "@kubepass/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createAwsIamParser, prepareAwsIamServer } from "./aws-iam-setup.ts";
import { type RunningServer, startServer } from "./serve.ts";
import type { ServeHost } from "./serve-host.ts";

interface Server {
  readonly running: RunningServer;
  readonly configFile: string;
  readonly folder: string;
  readonly host: ServeHost;
  review(token: string): Promise<unknown>;
  operations(path: string): Promise<string>;
  /** GET at the address of reviews. */
  get(path: string): Promise<string>;
}

let aws: AwsStandIn;
let stopAws: () => Promise<void>;
let variables: Record<string, string>;

beforeAll(async () => {
  const reachable = await startReachableAws();
  const { proxy, authorityPem, close } = reachable;
  ({ aws } = reachable);
  const folder = mkdtempSync(join(tmpdir(), "kubepass-serve-aws-"));
  writeFileSync(join(folder, "aws.pem"), authorityPem);
  variables = { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: join(folder, "aws.pem"), AWS_REGION: "us-west-2" };
  stopAws = async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  };
}, 30_000);

afterAll(async () => {
  await stopAws();
});

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A host whose time is real, because answers of STS carry real dates, and which sleeps no longer than one turn of the event loop. */
function createHost(): ServeHost {
  const { environment, log } = createTestNetworkHost(variables);
  const sleep = async (): Promise<void> => await new Promise<void>((resolve) => void setImmediate(resolve));
  return { environment, log, signal: new AbortController().signal, clock: { now: () => new Date(), sleep } };
}

async function getText(url: string, agent: Agent): Promise<string> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(url, { agent }, (answer) => {
      let text = `${answer.statusCode} ${answer.headers["content-type"]} `;
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.once("end", () => resolve(text));
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}

async function start(server: object): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-serve-iam-"));
  const port = await findFreePort();
  const [configFile, kubeconfig] = [join(folder, "config.yaml"), join(folder, "webhook.yaml")];
  const own = { port, hostname: "127.0.0.1", stateDir: join(folder, "state"), generateKubeconfig: kubeconfig };
  writeFileSync(configFile, JSON.stringify({ clusterID: "prod", server: { ...own, ...server } }));
  const host = createHost();
  await prepareAwsIamServer(configFile, undefined, host);
  const parse = createAwsIamParser(undefined);
  const running = await startServer(
    {
      configFile,
      // Its own port of health may be taken on a machine that runs tests.
      parse: (source, name) => ({ ...parse(source, name), operations: { address: "127.0.0.1:0" } }),
      writeDecision: () => {},
    },
    host,
  );
  const agent = new Agent({ ca: readFileSync(join(folder, "state", "cert.pem")) });
  onTestFinished(async () => {
    agent.destroy();
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    running,
    configFile,
    folder,
    host,
    review: async (token) =>
      await new Promise((resolve, reject) => {
        const options = { method: "POST", agent, headers: { "content-type": "application/json" } };
        const outgoing = request(`https://127.0.0.1:${running.port}/authenticate`, options, (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (part: string) => (text += part));
          answer.once("end", () => resolve({ httpStatus: answer.statusCode, ...JSON.parse(text).status }));
        });
        outgoing.once("error", reject);
        outgoing.end(JSON.stringify({ apiVersion: "authentication.k8s.io/v1beta1", kind: "TokenReview", spec: { token } }));
      }),
    get: async (path) => await getText(`https://127.0.0.1:${running.port}${path}`, agent),
    operations: async (path) => await (await fetch(`http://127.0.0.1:${running.operationsPort}${path}`)).text(),
  };
}

const createToken = (key: AwsKey): string => createEksToken(key, { clusterId: "prod" });

const alice = { userarn: "arn:aws:iam::123456789012:user/alice", username: "alice", groups: ["system:masters"] };

describe("aws-iam-authenticator's configuration, served", () => {
  it("answers reviews, probes and metrics where they were, and writes the kubeconfig", async () => {
    const server = await start({ mapUsers: [alice] });
    const token = createToken(aws.accounts.addUser("alice"));
    const user = { username: "alice", groups: ["system:masters"] };
    expect(await server.review(token)).toMatchObject({ httpStatus: 200, authenticated: true, user });
    expect(await server.review(createToken(aws.accounts.addUser("bob")))).toEqual({ httpStatus: 403, authenticated: false });
    expect(await server.review("k8s-aws-v1.bm9uZQ")).toEqual({ httpStatus: 403, authenticated: false });
    expect(await server.review("another.kind.of-token")).toEqual({ httpStatus: 403, authenticated: false });
    expect(await server.operations("/healthz")).toBe("ok\n");
    const metrics = await server.operations("/metrics");
    expect(metrics).toContain('aws_iam_authenticator_sts_responses_total{ResponseCode="200",StsRegion="us-west-2"} 2');
    expect(metrics).toContain('aws_iam_authenticator_authenticate_latency_seconds_count{result="success"} 1');
    expect(metrics).toContain('aws_iam_authenticator_authenticate_latency_seconds_count{result="uknown_user"} 1');
    const kubeconfig = readFileSync(join(server.folder, "webhook.yaml"), "utf8");
    expect(kubeconfig).toContain(`server: https://127.0.0.1:${server.running.port}/authenticate`);
    expect(Buffer.from(/certificate-authority-data: (\S+)/.exec(kubeconfig)?.[1] ?? "", "base64").toString()).toBe(
      readFileSync(join(server.folder, "state", "cert.pem"), "utf8"),
    );
  });

  it("answers probes and scrapes at the address of reviews too, where deployments of aws-iam-authenticator look", async () => {
    const server = await start({ mapUsers: [alice] });
    expect(await server.get("/healthz")).toBe("200 text/plain; charset=utf-8 ok\n");
    const metrics = await server.get("/metrics");
    expect(metrics).toMatch(/^200 text\/plain; version=0\.0\.4/);
    expect(metrics).toContain("aws_iam_authenticator_ec2_describe_instances_calls_total 0");
    expect(await server.get("/authenticate")).toMatch(/^405 application\/json /);
    expect(await server.get("/secrets")).toMatch(/^404 application\/json /);
    expect(await server.review(createToken(aws.accounts.addUser("alice")))).toMatchObject({ authenticated: true });
  });

  it("keeps the certificate that is there", async () => {
    const server = await start({});
    const before = readFileSync(join(server.folder, "state", "cert.pem"), "utf8");
    await prepareAwsIamServer(server.configFile, undefined, server.host);
    expect(readFileSync(join(server.folder, "state", "cert.pem"), "utf8")).toBe(before);
  });

  it("follows a dynamic file, for tokens that were seen before", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "kubepass-dynamic-")), "mapping.json");
    const server = await start({ backendMode: ["DynamicFile"], dynamicfilepath: file });
    const token = createToken(aws.accounts.addUser("alice"));
    expect(await server.review(token)).toMatchObject({ authenticated: false });
    writeFileSync(file, JSON.stringify({ mapUsers: [alice] }));
    // Asked again and again, until the file was looked at or the test's time is over.
    while (!JSON.stringify(await server.review(token)).includes('"alice"'));
    expect(await server.review(token)).toMatchObject({ user: { username: "alice", groups: ["system:masters"] } });
    writeFileSync(file, "{");
    expect(await server.review(token)).toMatchObject({ user: { username: "alice" } });
    rmSync(join(file, ".."), { recursive: true, force: true });
  });
});
