import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer } from "./serve.ts";
import { type AskOptions, createTestHost, openServeScene, type ServeScene } from "./test-support/serve-scene.ts";
import { waitUntil } from "./test-support/wait-until.ts";

const v1 = "authentication.k8s.io/v1";
const v1beta1 = "authentication.k8s.io/v1beta1";
const ask = (token: string, apiVersion = v1, more: object = {}): string =>
  JSON.stringify({ apiVersion, kind: "TokenReview", metadata: {}, spec: { token, ...more }, status: { user: {} } });

describe("a server whose refusals are forbidden", () => {
  test("answers them with 403 and the body that they always have, and everything else as ever", async () => {
    await using scene = await openServeScene((text) => `${text}refusals: forbidden\n`);
    const no = { apiVersion: v1, kind: "TokenReview", status: { authenticated: false } };
    for (const token of ["token-of-bob", "token-of-root", "k8s-aws-v1.x"]) {
      const { status, body, headers } = await scene.review(token);
      expect({ status, body }).toEqual({ status: 403, body: no });
      expect(headers["kubepass-review"]).toBeDefined();
    }
    expect(await scene.review("token-of-anna")).toMatchObject({ status: 200, body: { status: { authenticated: true } } });
    expect((await scene.operations("/metrics")).text).not.toContain('kubepass_refused_requests_total{status="403"}');
  });
});

describe("a server", () => {
  let scene: ServeScene;
  beforeAll(async () => {
    scene = await openServeScene();
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  });

  test.each([v1, v1beta1])("answers a question of %s in that version", async (apiVersion) => {
    const user = { username: "anna", uid: "1", groups: ["dev", "ops"] };
    expect(await scene.ask(ask("token-of-anna", apiVersion))).toMatchObject({
      status: 200,
      body: { apiVersion, kind: "TokenReview", status: { authenticated: true, user } },
    });
    expect((await scene.ask(ask("token-of-bob", apiVersion))).body).toEqual({
      apiVersion,
      kind: "TokenReview",
      status: { authenticated: false },
    });
  });

  test("tells nobody to be of the system's, and says so only in the log", async () => {
    expect((await scene.review("token-of-root")).body.status).toEqual({ authenticated: false });
    await waitUntil(() => scene.decisions.some((line) => line.includes("NAME_RESERVED")));
    for (const text of ["token-of", "anna", "root", "masters"]) expect(scene.decisions.join("\n")).not.toContain(text);
  });

  test("names the review in the answer and in the log", async () => {
    const id = String((await scene.review("token-of-nobody")).headers["kubepass-review"]);
    await waitUntil(() => scene.decisions.some((line) => JSON.parse(line).id === id));
    expect(JSON.parse(scene.decisions.find((line) => line.includes(id)) ?? "")).toMatchObject({
      kind: "Decision",
      outcome: "refused",
      code: "TOKEN_UNKNOWN",
      verifier: "none",
    });
  });

  test.each([
    [405, "GET", { method: "GET" }, ""],
    [405, "PUT", { method: "PUT" }, ask("t")],
    [404, "another path", { path: "/" }, ask("t")],
    [404, "a path that only resembles", { path: "/authenticate/" }, ask("t")],
    [404, "metrics, which are elsewhere unless the configuration says otherwise", { path: "/metrics", method: "GET" }, ""],
    [415, "text", { headers: { "content-type": "text/plain" } }, ask("t")],
    [415, "protobuf", { headers: { "content-type": "application/vnd.kubernetes.protobuf" } }, ask("t")],
    [415, "gzip", { headers: { "content-encoding": "gzip" } }, ask("t")],
    [400, "no body", {}, ""],
    [400, "no JSON", {}, "{"],
    [400, "another kind", {}, JSON.stringify({ apiVersion: v1, kind: "Pod", spec: { token: "t" } })],
    [400, "a later version", {}, ask("t", "authentication.k8s.io/v2")],
    [400, "no token", {}, ask("")],
    [413, "a body of 2 MiB", {}, ask("t".repeat(2 * 1024 * 1024))],
    [401, "no certificate", { isWithoutCertificate: true }, ask("token-of-anna")],
    [
      401,
      "a bearer token where none is taken",
      { isWithoutCertificate: true, headers: { authorization: "Bearer x" } },
      ask("token-of-anna"),
    ],
  ])("answers %i to %s", async (status, _, options, body) => {
    const answer = await scene.ask(body, options);
    expect(answer).toMatchObject({ status, body: { kind: "Status", code: status, status: "Failure" } });
  });

  test.each([
    [401, { isWithoutCertificate: true }],
    [404, { path: "/" }],
    [405, { method: "PUT" }],
    [415, { headers: { "content-type": "text/plain" } }],
  ])("answers %i before the body", async (status, { headers = {}, ...options }: AskOptions) => {
    const announced = { ...headers, "content-length": "1000", expect: "100-continue" };
    const answer = await scene.ask("", { ...options, headers: announced });
    expect(answer).toMatchObject({ status, headers: { connection: "close" } });
  });

  test("takes the type with a parameter", async () => {
    expect((await scene.ask(ask("token-of-anna"), { headers: { "content-type": "Application/JSON; charset=utf-8" } })).status).toBe(200);
  });

  test("is alive, ready and counted", async () => {
    expect(await scene.operations("/livez")).toEqual({ status: 200, text: "ok\n" });
    expect(await scene.operations("/elsewhere")).toEqual({ status: 404, text: "there are /livez, /readyz, /healthz, /metrics\n" });
    expect(await scene.operations("/readyz")).toEqual({ status: 200, text: "ok\n" });
    expect((await scene.operations("/elsewhere")).status).toBe(404);
    const { text } = await scene.operations("/metrics");
    expect(text).toMatch(/kubepass_reviews_total\{verifier="token-file",outcome="verified",code="VERIFIED"\} [1-9]/);
    expect(text).toMatch(/kubepass_refused_requests_total\{status="401"\} [1-9]/);
    expect(text).toMatch(/kubepass_certificate_expiry_timestamp_seconds \d{10}/);
    expect(text).not.toContain("anna");
  });
});

describe("files that change", () => {
  test("are read again, and what was cached is forgotten", async () => {
    await using scene = await openServeScene();
    expect((await scene.review("token-of-anna")).body.status.authenticated).toBe(true);
    scene.replace("tokens.csv", "token-of-carl,carl,3\n");
    await waitUntil(async () => (await scene.review("token-of-carl")).body.status.authenticated === true);
    expect((await scene.review("token-of-anna")).body.status.authenticated).toBe(false);
  });

  test.each([
    ["serve.yaml", "nonsense: true\n", /nonsense is not known/],
    ["serve.yaml", "{", /is not valid YAML/],
    ["serve.yaml", "", /is missing|must be/],
    ["tokens.csv", "only,two\n", /at least 3 columns/],
    ["server.key", "no key\n", /are no certificate with its key/],
    ["authority.crt", "", /holds no certificates/],
    ["authority.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", /holds no certificates, or broken ones/],
  ])("a bad %s (%j) leaves the last good state in force, and says why", async (name, text, reason) => {
    await using scene = await openServeScene();
    const good = scene.read(name);
    scene.replace(name, text);
    await waitUntil(() => scene.warnings.some(({ message }) => message.includes("the last good one stays in force")));
    expect(scene.warnings.map(({ fields }) => String(fields["reason"])).join()).toMatch(reason);
    expect((await scene.review("token-of-anna")).body.status.authenticated).toBe(true);
    expect((await scene.operations("/metrics")).text).toContain("kubepass_config_last_reload_successful 0");
    scene.replace(name, good);
    await waitUntil(async () => (await scene.operations("/metrics")).text.includes("kubepass_config_last_reload_successful 1"));
  });

  test("a certificate with a broken one behind it changes nothing, not even who is known", async () => {
    await using scene = await openServeScene();
    scene.replace("tokens.csv", "token-of-carl,carl,3\n");
    scene.replace("server.crt", `${scene.read("server.crt")}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`);
    await waitUntil(() => scene.warnings.some(({ message }) => message.includes("the last good one stays in force")));
    const known = async (token: string): Promise<unknown> => (await scene.review(token)).body.status.authenticated;
    // Whatever was in force when the certificate broke: one of the two, not a mixture that is told to be refused.
    const metrics = (await scene.operations("/metrics")).text;
    expect(metrics).toContain("kubepass_config_last_reload_successful 0");
    const successes = Number(/kubepass_config_reloads_total\{result="success"\} (\d+)/.exec(metrics)?.[1]);
    expect(await known("token-of-anna")).toBe(successes === 1);
    expect(await known("token-of-carl")).toBe(successes === 2);
  });

  test("an address that changes needs a restart", async () => {
    await using scene = await openServeScene();
    scene.replace("serve.yaml", scene.read("serve.yaml").replace('"127.0.0.1:0"', '"127.0.0.1:1"'));
    await waitUntil(() => scene.warnings.length > 0);
    expect(scene.warnings[0]?.fields["reason"]).toBe("listen.address has changed, which needs a restart");
  });

  test("a mounted ConfigMap swaps its links, and that is enough", async () => {
    await using scene = await openServeScene((text, folder) => {
      mkdirSync(join(folder, "..1"));
      writeFileSync(join(folder, "..1", "people.csv"), "token-of-anna,anna,1\n");
      symlinkSync("..1", join(folder, "..data"));
      symlinkSync("..data/people.csv", join(folder, "people.csv"));
      return text.replace("tokens.csv", "people.csv");
    });
    expect((await scene.review("token-of-anna")).body.status.user.username).toBe("anna");
    mkdirSync(join(scene.folder, "..2"));
    writeFileSync(join(scene.folder, "..2", "people.csv"), "token-of-anna,anita,1\n");
    symlinkSync("..2", join(scene.folder, "..data_tmp"));
    renameSync(join(scene.folder, "..data_tmp"), join(scene.folder, "..data"));
    await waitUntil(async () => (await scene.review("token-of-anna")).body.status.user?.username === "anita");
  });
});

describe("callers", () => {
  test("may show a bearer token instead, and the file of tokens may change", async () => {
    await using scene = await openServeScene((text, folder) => {
      writeFileSync(join(folder, "callers"), "# of the API servers\n\nfirst-caller\nsecond-caller\n");
      return text.replace("clientAuthorityFile: authority.crt", "tokenFile: callers").replace(/\n +clientNames.*/, "");
    });
    const by = async (token: string): Promise<number> =>
      (await scene.ask(ask("token-of-anna"), { isWithoutCertificate: true, headers: { authorization: `Bearer ${token}` } })).status;
    expect(await by("second-caller")).toBe(200);
    for (const wrong of ["third-caller", "#", "first-caller second-caller", "first-calle"]) expect(await by(wrong)).toBe(401);
    expect((await scene.ask(ask("token-of-anna"))).status).toBe(401);
    scene.replace("callers", "third-caller\n");
    await waitUntil(async () => (await by("third-caller")) === 200);
    expect(await by("first-caller")).toBe(401);
  });

  test("need the name that is asked for", async () => {
    await using scene = await openServeScene((text) => text.replace("[kube-apiserver]", "[somebody-else]"));
    expect((await scene.ask(ask("token-of-anna"))).status).toBe(401);
  });

  test.each([
    ["0.0.0.0:0", "", /can be reached from elsewhere/],
    ["[::]:0", "", /can be reached from elsewhere/],
    [":0", "", /can be reached from elsewhere/],
    ["authn.example:0", "", /can be reached from elsewhere/],
    ["127.0.0.1:0", "  callers: { clientNames: [kube-apiserver] }", /clientNames needs listen\.callers\.clientAuthorityFile/],
    ["nowhere", "", /must be host:port/],
    ["127.0.0.1:65536", "", /must be host:port/],
  ])("nobody in particular may not reach %s", async (address, more, reason) => {
    const opened = openServeScene((text) => text.replace("127.0.0.1:0", address).replace(/ {2}callers:(\n {4}.*)+/, more));
    await expect(opened).rejects.toThrow(reason);
  });

  test("anybody may ask where that is said to be unsafe, and that is warned of", async () => {
    const unsafe = "  insecureAllowAnyCaller: true";
    await using scene = await openServeScene((text) => text.replace("127.0.0.1:0", "0.0.0.0:0").replace(/ {2}callers:(\n {4}.*)+/, unsafe));
    expect((await scene.ask(ask("token-of-anna"), { isWithoutCertificate: true })).status).toBe(200);
    expect(scene.warnings.map(({ message }) => message).join()).toContain("insecureAllowAnyCaller");
  });
});

test("a name of the system's that is allowed letter by letter is told, and warned of", async () => {
  await using scene = await openServeScene((text) => `${text}identities: { allowSystemNames: ["system:masters"] }\n`);
  expect((await scene.review("token-of-root")).body.status.user.groups).toEqual(["system:masters"]);
  expect(scene.warnings).toHaveLength(1);
});

test("a server asks another one, as an API server would", async () => {
  await using behind = await openServeScene();
  await using front = await openServeScene((text, folder) => {
    const kubeconfig = behind.read("webhook.yaml").replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${behind.server.port}`);
    writeFileSync(join(folder, "behind.yaml"), kubeconfig);
    return text.replace(/ {2}- tokenFile:\n.*\n/, "  - webhook: { kubeconfigFile: behind.yaml, version: v1beta1 }\n");
  });
  expect((await front.review("token-of-anna")).body.status).toEqual({
    authenticated: true,
    user: { username: "anna", uid: "1", groups: ["dev", "ops"] },
  });
  expect((await front.review("token-of-nobody")).body.status).toEqual({ authenticated: false });
  await behind.server.stop();
  const { status } = (await front.review("token-of-somebody")).body;
  expect(status.authenticated).toBe(false);
  expect(status.error).toMatch(/^the other webhook could not be asked \(WEBHOOK_UNREACHABLE, review /);
});

test("two servers cannot have one address", async () => {
  await using scene = await openServeScene();
  scene.replace("serve.yaml", scene.read("serve.yaml").replace('"127.0.0.1:0"', `"127.0.0.1:${scene.server.port}"`));
  const second = startServer({ configFile: join(scene.folder, "serve.yaml"), writeDecision: () => {} }, createTestHost([]));
  await expect(second).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+/);
});
