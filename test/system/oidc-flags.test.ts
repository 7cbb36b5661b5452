import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIssuer, type Issuer, type LoopbackServer, startLoopbackServer } from "@kubepass/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parse, stringify } from "yaml";
import { startEtcd, startKubeApiServer } from "./test-support/api-server.ts";
import { type Authority, createAuthority } from "./test-support/certificates.ts";
import { startDaemon } from "./test-support/daemon.ts";
import { findFreePorts } from "./test-support/ports.ts";
import { getProgram } from "./test-support/programs.ts";
import { start } from "./test-support/run.ts";
import { createReviewClient, type ReviewClient } from "./test-support/serve/review-client.ts";
import { askOperations } from "./test-support/serve/ask-operations.ts";
import { waitFor } from "./test-support/wait-for.ts";

const { program } = inject("cluster");
let folder: string;
let issuer: Issuer;
let elsewhere: LoopbackServer;
let authority: Authority;
let apiServer: string;
let flags: readonly string[];
const servers: Record<string, ReviewClient> = {};
const running: { stop(): Promise<void> }[] = [];
/** What the place of groups answers, by its path; the same at the issuer and elsewhere. */
const answers = new Map<string, { readonly status?: number; readonly body: string }>();

/** kubepass serve with one verifier of JWTs. */
async function startServe(name: string, jwt: object): Promise<void> {
  const home = join(folder, name);
  const [own = 0, operations = 0] = await findFreePorts(2);
  execFileSync(program, ["serve", "init", `--folder=${home}`, `--address=127.0.0.1:${own}`], { env: { HOME: home }, stdio: "ignore" });
  const file = join(home, "serve.yaml");
  const config: Record<string, unknown> = parse(readFileSync(file, "utf8"));
  writeFileSync(file, stringify({ ...config, operations: { address: `127.0.0.1:${operations}` }, verifiers: [{ jwt }] }));
  const isReady = async (): Promise<boolean> => (await askOperations(operations, "/readyz")).status === 200;
  running.unshift(await startDaemon({ name: `serve-${name}`, program, args: ["serve", `--config=${file}`], isReady }));
  servers[name] = createReviewClient(join(home, "webhook.yaml"));
}

/** The user that kube-apiserver with flags makes of a token; `refused` when it does not take it. */
async function askApiServer(token: string): Promise<unknown> {
  const access = [`--server=${apiServer}`, `--certificate-authority=${authority.certificate}`, `--token=${token}`];
  const environment = { HOME: folder, KUBECONFIG: "/dev/null" };
  const outcome = await start(getProgram("kubectl"), [...access, "auth", "whoami", "-ojson"], { environment, folder }).ended;
  if (outcome.code !== 0) return /Unauthorized|must be logged in/.test(outcome.stderr) ? "refused" : outcome.stderr;
  const { userInfo } = JSON.parse(outcome.stdout).status;
  // Every API server adds it to everybody.
  return { ...userInfo, groups: userInfo.groups.filter((group: string) => group !== "system:authenticated") };
}

async function askServe(name: string, token: string): Promise<unknown> {
  const { authenticated, user } = (await servers[name]?.review(token)) ?? {};
  return authenticated === true ? { groups: [], ...user } : "refused";
}

async function startIssuer(): Promise<void> {
  issuer = await createIssuer({ signingAlgorithm: "RS256" });
  issuer.intercept = async (request, response) => {
    const answer = answers.get(request.url ?? "");
    if (answer === undefined) return await Promise.resolve(false);
    response.writeHead(answer.status ?? 200).end(answer.body);
    return true;
  };
  const respond = issuer.intercept;
  const certificate = await issuer.authority?.issueServer();
  elsewhere = await startLoopbackServer({ certificate }, async (request, response) => void (await respond(request, response)));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-flags-"));
  await startIssuer();
  authority = createAuthority(folder, "flags-cluster");
  const caFile = join(folder, "issuer.pem");
  writeFileSync(caFile, issuer.authority?.certificatePem ?? "");
  flags = [
    `--oidc-issuer-url=${issuer.url}`,
    `--oidc-client-id=${issuer.clients.native.clientId}`,
    `--oidc-ca-file=${caFile}`,
    "--oidc-username-claim=sub",
    "--oidc-groups-claim=groups",
    "--oidc-groups-prefix=o:",
    "--oidc-required-claim=tenant=one",
  ];
  const etcd = await startEtcd(folder);
  running.push(etcd);
  const home = join(folder, "apiserver");
  mkdirSync(home);
  const place = { name: "kube-apiserver-flags", folder: home, etcdUrl: etcd.url, authority, authentication: flags };
  const daemon = await startKubeApiServer(place);
  running.unshift(daemon);
  apiServer = daemon.url;
  const environment = { env: { HOME: folder } };
  writeFileSync(join(folder, "authentication.yaml"), execFileSync(program, ["authn", "convert", ...flags], environment));
  const distributedClaims = [{ issuer: issuer.url }];
  await startServe("flags", { oidcFlags: flags, distributedClaims });
  await startServe("file", { configFile: join(folder, "authentication.yaml"), distributedClaims });
});

afterAll(async () => {
  for (const client of Object.values(servers)) client.close();
  for (const daemon of running) await daemon.stop();
  await elsewhere.close();
  await issuer.close();
  rmSync(folder, { recursive: true, force: true });
});

const issue = async (claims: object = {}, rest: object = {}): Promise<string> =>
  await issuer.issueIdToken({ ...rest, claims: { tenant: "one", ...claims } });

/** Everybody's answer to one token. */
async function compare(token: string): Promise<unknown> {
  const upstream = await askApiServer(token);
  for (const name of Object.keys(servers)) expect([name, await askServe(name, token)]).toEqual([name, upstream]);
  return upstream;
}

describe("kube-apiserver with --oidc-* flags, and kubepass serve with the same flags or the file made of them", () => {
  it("make the same user of a token", async () => {
    const user = await compare(await issue({ groups: ["dev", "ops"], jti: "id-1" }));
    expect(user).toMatchObject({ username: `${issuer.url}#${issuer.accounts[0]?.id}`, groups: ["o:dev", "o:ops"] });
  });

  it.each([
    ["without the required claim", { tenant: undefined }, {}],
    ["with another value of it", { tenant: "two" }, {}],
    ["that has expired", {}, { lifetimeSeconds: -10 }],
    ["for another audience", {}, { audience: "somebody-else" }],
    ["with groups of a wrong type", { groups: 7 }, {}],
  ])("refuse a token %s", async (_name, claims, rest) => {
    expect(await compare(await issue(claims, rest))).toBe("refused");
  });

  it("differ in algorithms, as the conversion says: by flags it is RS256 alone", async () => {
    const other = await createIssuer({ signingAlgorithm: "ES256", authority: issuer.authority });
    try {
      const theirs = flags.map((flag) => flag.replace(issuer.url, other.url));
      const token = join(folder, "token");
      writeFileSync(token, await other.issueIdToken({ claims: { tenant: "one" } }));
      const explain = async (...source: readonly string[]): Promise<string> =>
        (await start(program, ["authn", "explain", ...source, `--token-file=${token}`], { environment: { HOME: folder }, folder }).ended)
          .stdout;
      expect(await explain(...theirs)).toContain("ALGORITHM_REFUSED");
      const file = join(folder, "other.yaml");
      writeFileSync(file, execFileSync(program, ["authn", "convert", ...theirs], { env: { HOME: folder } }));
      expect(await explain(`--config=${file}`)).toContain("\nverified\n");
    } finally {
      await other.close();
    }
  });
});

describe("groups at another place", () => {
  let count = 0;

  /** A token whose groups lie at the issuer, where they are answered with this. */
  async function issueDistributed(answer: { status?: number; body: string }, source: object = {}, origin = issuer.url): Promise<string> {
    count += 1;
    const path = `/claims-${count}`;
    answers.set(path, answer);
    const place = { endpoint: new URL(path, origin).href, access_token: `access-of-the-system-test-${count}`, ...source };
    return await issue({ groups: undefined, _claim_names: { groups: "there" }, _claim_sources: { there: place } });
  }

  it("are the same for kube-apiserver and for us, where they belong to the issuer", async () => {
    const body = await issue({ groups: ["far", "away"] });
    // kube-apiserver begins to read an answering issuer's documents at its first answer, and refuses until it has them.
    const first = await issueDistributed({ body });
    await waitFor("kube-apiserver to know the issuer", async () => (await askApiServer(first)) !== "refused" || undefined);
    expect(await compare(await issueDistributed({ body }))).toMatchObject({ groups: ["o:far", "o:away"] });
    expect(await compare(await issueDistributed({ body: `${body}\n` }))).toMatchObject({ groups: ["o:far", "o:away"] });
    expect(await compare(await issueDistributed({ body, status: 202 }, { access_token: undefined }))).toMatchObject({
      groups: ["o:far", "o:away"],
    });
    expect(await compare(await issueDistributed({ body: await issue({ groups: "one" }) }))).toMatchObject({ groups: ["o:one"] });
    // Without an endpoint it is an aggregated claim, which nobody reads.
    expect(await compare(await issueDistributed({ body }, { endpoint: undefined, JWT: body }))).toMatchObject({ groups: [] });
  });

  it.each([
    ["is broken", async () => ({ status: 500, body: await issue({ groups: ["a"] }) })],
    ["says no", async () => ({ status: 403, body: await issue({ groups: ["a"] }) })],
    ["is no JWT", async () => await Promise.resolve({ body: '{"groups":["a"]}' })],
    ["lacks the claim", async () => ({ body: await issue({ groups: undefined }) })],
    ["has expired", async () => ({ body: await issue({ groups: ["a"] }, { lifetimeSeconds: -10 }) })],
    ["is for somebody else", async () => ({ body: await issue({ groups: ["a"] }, { audience: "somebody-else" }) })],
    ["is of a wrong type", async () => ({ body: await issue({ groups: { a: 1 } }) })],
    ["has a spoilt signature", async () => ({ body: (await issue({ groups: ["a"] })).replace(/.{6}$/, "AAAAAA") })],
  ])("refuse the token for everybody when the answer %s", async (_name, answer) => {
    expect(await compare(await issueDistributed(await answer()))).toBe("refused");
  });

  it("are fetched from anywhere by kube-apiserver, and by us from the issuer alone", async () => {
    const token = await issueDistributed({ body: await issue({ groups: ["far"] }) }, {}, elsewhere.origin);
    expect(await askApiServer(token)).toMatchObject({ groups: ["o:far"] });
    expect(await askServe("flags", token)).toBe("refused");
    await startServe("listed", { oidcFlags: flags, distributedClaims: [{ issuer: issuer.url, origins: [elsewhere.origin] }] });
    expect(await askServe("listed", token)).toMatchObject({ groups: ["o:far"] });
  });
});
