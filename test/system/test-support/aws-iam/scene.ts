import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAwsIamParser, prepareAwsIamServer } from "@kubepass/authenticator/serve";
import { type AwsKey, type AwsStandIn, createEksToken, startReachableAws } from "@kubepass/testkit";
import { inject } from "vitest";
import { type ApiServerPlace, startEtcd, startKubeApiServer } from "../api-server.ts";
import { createAuthority, issueClient } from "../certificates.ts";
import { type Daemon, startDaemon } from "../daemon.ts";
import { findFreePorts } from "../ports.ts";
import { getProgram } from "../programs.ts";
import { type ApiServerClient, createApiServerClient } from "./api-server-client.ts";
import { type Outcome, start } from "../run.ts";
import { createReviewer, type Reviewer } from "./review.ts";

/** The cluster id of the scene. */
export const clusterId = "system-test";

/** An account of the scene, and one whose details are told to nobody. */
export const account = "123456789012";
/** See {@link account}. */
export const scrubbedAccount = "210987654321";
const instanceId = "i-0123456789abcdef0";

// Of the administrator, of our server, and the token in that.
const administratorKubeconfig = "administrator.yaml";
const ownKubeconfig = "serve-cluster.yaml";
/** Where our server's token for the API server is put, in the folder of the scene. */
export const ownToken = "serve.token";

/** AWS, an API server with our webhook, and what is needed to ask both. */
export interface AwsIamScene {
  readonly aws: AwsStandIn;
  readonly folder: string;
  /** What every program of the scene is started with. */
  readonly environment: Readonly<Record<string, string>>;
  /** Asks our webhook directly. */
  readonly reviewer: Reviewer;
  /** The key of a session in a role. */
  addSession(roleName: string, sessionName: string, accountId?: string): AwsKey;
  /** A token by our own signer. */
  createToken(key: AwsKey, cluster?: string): string;
  /** kubectl as the administrator, with a certificate. */
  admin(args: readonly string[]): Promise<Outcome>;
  /** The API server itself, without kubectl in between. */
  readonly apiServer: ApiServerClient;
  /** `kubectl auth whoami` through `kubepass get-token eks`, or with a token. */
  whoami(key: AwsKey): Promise<Outcome>;
  startServe(): Promise<Daemon>;
  startApiServer(): Promise<Daemon>;
  /** aws-iam-authenticator itself, on the same configuration. */
  startGoServer(): Promise<{ readonly reviewer: Reviewer; readonly daemon: Daemon }>;
  close(): Promise<void>;
}

/** The configuration of both servers. */
function createConfig(folder: string, port: number, kubeconfig: string): object {
  const role = (name: string, rest: object, accountId = account): object => ({
    rolearn: `arn:aws:iam::${accountId}:role/${name}`,
    ...rest,
  });
  return {
    clusterID: clusterId,
    server: {
      port,
      hostname: "127.0.0.1",
      stateDir: join(folder, `state-${port}`),
      generateKubeconfig: join(folder, `webhook-${port}.yaml`),
      kubeconfig: join(folder, kubeconfig),
      backendMode: ["MountedFile", "EKSConfigMap", "CRD"],
      scrubbedAccounts: [scrubbedAccount],
      mapRoles: [
        role("Admin", { username: "admin:{{SessionName}}", groups: ["system:masters", "team-{{AccountID}}"] }),
        role("Node", { username: "system:node:{{EC2PrivateDNSName}}", groups: ["system:nodes"] }),
        role("Raw", { username: "raw:{{SessionNameRaw}}:{{AccessKeyID}}", groups: [] }),
        role("Hidden", { username: "hidden", groups: ["dev"] }, scrubbedAccount),
        { sso: { permissionSetName: "Viewer", accountID: account }, username: "viewer:{{SessionName}}", groups: ["viewers"] },
      ],
      mapUsers: [{ userarn: `arn:aws:iam::${account}:user/alice`, username: "alice", groups: ["dev"] }],
      mapAccounts: ["111122223333"],
      reservedPrefixConfig: [{ backendmode: "EKSConfigMap", usernamePrefixReserveList: ["system:", "admin:"] }],
    },
  };
}

function writeKubeconfig(path: string, server: string, authorityFile: string, user: object): void {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "real", cluster: { server, "certificate-authority": authorityFile } }],
    users: [{ name: "user", user }],
    contexts: [{ name: "real", context: { cluster: "real", user: "user" } }],
    "current-context": "real",
  };
  writeFileSync(path, JSON.stringify(config));
}

async function prepareServe(
  folder: string,
): Promise<{ readonly configFile: string; readonly port: number; readonly operationsPort: number }> {
  const [port = 0, operationsPort = 0] = await findFreePorts(2);
  const awsIamFile = join(folder, "aws-iam-authenticator.yaml");
  writeFileSync(awsIamFile, JSON.stringify(createConfig(folder, port, ownKubeconfig)));
  const log = { warn: () => {}, info: () => {}, debug: () => {} };
  await prepareAwsIamServer(awsIamFile, undefined, { clock: { now: () => new Date(), sleep: async () => {} }, log });
  // As --aws-iam-authenticator-config has it, but for the port of health: that is a fixed one, and aws-iam-authenticator's too.
  const served = createAwsIamParser(undefined)(readFileSync(awsIamFile, "utf8"), awsIamFile);
  const verifiers = [{ awsIam: { configFile: awsIamFile } }];
  const document = { ...served, verifiers, operations: { address: `127.0.0.1:${operationsPort}` } };
  const configFile = join(folder, "serve.yaml");
  writeFileSync(configFile, JSON.stringify(document));
  return { configFile, port, operationsPort };
}

/** The variables that hand a key to a program. */
export function keyVariables(key: AwsKey): Record<string, string> {
  const session = key.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: key.sessionToken };
  return { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey, ...session };
}

function writePerson(folder: string, server: string, authorityFile: string, program: string): string {
  const path = join(folder, "person.yaml");
  const args = ["get-token", "eks", `--cluster-name=${clusterId}`, "--region=us-west-2"];
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: program, args, interactiveMode: "Never" };
  writeKubeconfig(path, server, authorityFile, { exec });
  return path;
}

interface Surroundings {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function startGo({ folder, environment }: Surroundings): Promise<{ readonly reviewer: Reviewer; readonly daemon: Daemon }> {
  const [port = 0] = await findFreePorts(1);
  const config = join(folder, "go.yaml");
  mkdirSync(join(folder, `state-${port}`));
  writeFileSync(config, JSON.stringify(createConfig(folder, port, administratorKubeconfig)));
  const daemon = await startDaemon({
    name: "aws-iam-authenticator",
    program: "aws-iam-authenticator",
    args: ["server", "-c", config, "--feature-gates=SSORoleMatch=true"],
    environment,
    isReady: (output) => output.includes("listening on"),
  });
  const authorityPem = readFileSync(join(folder, `state-${port}`, "cert.pem"), "utf8");
  return { daemon, reviewer: createReviewer(`https://127.0.0.1:${port}/authenticate`, authorityPem) };
}

interface Prepared extends Surroundings {
  readonly aws: AwsStandIn;
  readonly stop: () => Promise<void>;
}

/** AWS, the proxy that leads there, and what programs are told of both. */
async function prepareAws(): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-aws-iam-"));
  const { aws, proxy, authorityPem, close } = await startReachableAws();
  aws.instances.set(instanceId, "ip-10-0-0-1.us-west-2.compute.internal");
  writeFileSync(join(folder, "aws.pem"), authorityPem);
  const environment = {
    HTTPS_PROXY: proxy.url,
    SSL_CERT_FILE: join(folder, "aws.pem"),
    AWS_REGION: "us-west-2",
    AWS_EC2_METADATA_DISABLED: "true",
    ...keyVariables(aws.accounts.addUser("server")),
  };
  const stop = async (): Promise<void> => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { aws, folder, environment, stop };
}

async function prepareApiServer(
  folder: string,
  webhookPort: number,
): Promise<ApiServerPlace & { readonly etcd: Daemon; readonly client: ApiServerClient }> {
  const authority = createAuthority(folder, "aws-iam-cluster");
  const administrator = issueClient(folder, authority, "administrator", "system:masters");
  const etcd = await startEtcd(folder);
  const [port = 0] = await findFreePorts(1);
  const url = `https://127.0.0.1:${port}`;
  const { certificate, key } = administrator;
  writeKubeconfig(join(folder, administratorKubeconfig), url, authority.certificate, {
    "client-certificate": certificate,
    "client-key": key,
  });
  // The token is made when there is a server that makes it.
  writeKubeconfig(join(folder, ownKubeconfig), url, authority.certificate, { tokenFile: join(folder, ownToken) });
  return {
    etcd,
    client: createApiServerClient(url, authority.certificate, administrator),
    name: "kube-apiserver-aws-iam",
    folder,
    etcdUrl: etcd.url,
    authority,
    port,
    // What it remembers is left as it is where nobody says anything: two minutes.
    authentication: [
      `--authentication-token-webhook-config-file=${join(folder, `webhook-${webhookPort}.yaml`)}`,
      "--authentication-token-webhook-version=v1",
    ],
  };
}

async function runWhoami({ folder, environment }: Surroundings, person: string, key: AwsKey): Promise<Outcome> {
  const home = join(folder, key.accessKeyId);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const variables = { ...environment, ...keyVariables(key), HOME: home, XDG_RUNTIME_DIR: home, KUBEPASS_SESSION_STORE: "none" };
  const args = [`--kubeconfig=${person}`, "auth", "whoami", "-o", "json"];
  return await start(getProgram("kubectl"), args, { environment: { PATH: process.env["PATH"], ...variables } }).ended;
}

function addRoleSession(aws: AwsStandIn, roleName: string, sessionName: string, accountId: string): AwsKey {
  const arn = `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`;
  const identity = { arn, accountId, userId: `AROAEXAMPLE${roleName.length}:${sessionName}` };
  return aws.accounts.addSession(identity, new Date(Date.now() + 3_600_000));
}

/** Starts AWS, and prepares all the rest. */
export async function createAwsIamScene(): Promise<AwsIamScene> {
  const { program } = inject("cluster");
  const { aws, folder, environment, stop } = await prepareAws();
  const serve = await prepareServe(folder);
  const place = await prepareApiServer(folder, serve.port);
  const person = writePerson(folder, `https://127.0.0.1:${place.port}`, place.authority.certificate, program);
  const daemons: Daemon[] = [];
  const begin = async (starting: Promise<Daemon>): Promise<Daemon> => {
    const daemon = await starting;
    daemons.push(daemon);
    return daemon;
  };
  const certificatePem = readFileSync(join(folder, `state-${serve.port}`, "cert.pem"), "utf8");
  const reviewer = createReviewer(`https://127.0.0.1:${serve.port}/authenticate`, certificatePem);
  const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${serve.operationsPort}/healthz`)).ok;
  const args = ["serve", `--config=${serve.configFile}`];
  return {
    aws,
    folder,
    environment,
    reviewer,
    apiServer: place.client,
    addSession: (roleName, sessionName, accountId = account) => addRoleSession(aws, roleName, sessionName, accountId),
    createToken: (key, cluster = clusterId) => createEksToken(key, { clusterId: cluster }),
    async admin(words) {
      const access = `--kubeconfig=${join(folder, administratorKubeconfig)}`;
      return await start(getProgram("kubectl"), [access, ...words], { environment: { HOME: folder } }).ended;
    },
    whoami: async (key) => await runWhoami({ folder, environment }, person, key),
    startServe: async () => await begin(startDaemon({ name: "serve-aws-iam", program, args, environment, isReady })),
    startApiServer: async () => await begin(startKubeApiServer(place)),
    async startGoServer() {
      const go = await startGo({ folder, environment });
      daemons.push(go.daemon);
      return go;
    },
    async close() {
      reviewer.close();
      for (const daemon of [...daemons, place.etcd]) await daemon.stop();
      await stop();
    },
  };
}
