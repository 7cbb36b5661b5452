import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { issueClient } from "./test-support/certificates.ts";
import { type ClientLoad, startClientLoad } from "./test-support/client-load.ts";
import { type ClusterClient, createClusterClient, nameOf, type ServerPlace, writePlugin } from "./test-support/cluster-client.ts";
import { replaceFile } from "./test-support/replace-file.ts";
import { requestText } from "./test-support/serve/request-text.ts";
import { type ApiServers, createWebhookScene, staticToken, type WebhookScene } from "./test-support/serve/webhook-scene.ts";
import { letPass } from "./test-support/wait-for.ts";

/** The auth-provider renews ten seconds before the end, so that one of these tokens is used for four. */
const idTokenSeconds = 14;
const askers = 6;
const anna = "kit:anna@example.com";
const bob = "kit:bob@example.com";

let scene: WebhookScene;
let servers: ApiServers;
let client: ClusterClient;

beforeAll(async () => {
  scene = await createWebhookScene({ idTokenSeconds });
  await scene.startServe();
  servers = await scene.startApiServers();
}, 240_000);
afterAll(async () => await scene.close(), 60_000);

beforeEach(() => void (client = createClusterClient()));
afterEach(() => client.close());

type Way = "v1" | "direct";

function place(way: Way): ServerPlace {
  return { server: servers[way], authorityFile: scene.authority.certificate };
}

/** Ends the load, whatever the work comes to, and gives what was answered. */
async function under(load: ClientLoad, work: () => Promise<void>): Promise<Record<string, number>> {
  try {
    await work();
  } finally {
    await load.stop();
  }
  return Object.fromEntries(load.answers);
}

async function signIn(account: string): Promise<Record<string, string>> {
  const { issuer } = scene;
  const password = issuer.accounts.find(({ id }) => id === account)?.password ?? "";
  const scope = "openid offline_access email";
  const form = { grant_type: "password", client_id: issuer.clients.native.clientId, username: account, password, scope };
  const text = await requestText(`${issuer.url}/token`, issuer.authority?.certificatePem ?? "", new URLSearchParams(form).toString());
  return JSON.parse(text);
}

describe.each([
  // Without a configuration of its own it takes whom it does not know for system:anonymous, who may nothing.
  ["asks kubepass serve", "v1", "status 403"],
  ["verifies by itself", "direct", "status 401"],
] as const)("an API server that %s", (_, way, nobody) => {
  it("knows a static token, and nobody by a password or by a token that is nobody's", async () => {
    expect(await nameOf(client.open(place(way), { token: staticToken }))).toBe("stan");
    expect(await nameOf(client.open(place(way), { username: "stan", password: staticToken }))).toBe(nobody);
    expect(await nameOf(client.open(place(way), { token: `${staticToken}0` }))).toBe("status 401");
  });

  it("knows the token of a file, also while it becomes another under load", async () => {
    const { issuer } = scene;
    const tokenFile = join(client.folder, "token");
    writeFileSync(tokenFile, await issuer.issueIdToken({ lifetimeSeconds: 600 }));
    const load = startClientLoad(client.open(place(way), { tokenFile }), askers);
    const answers = await under(load, async () => {
      await load.more(50, anna);
      replaceFile(tokenFile, `${await issuer.issueIdToken({ lifetimeSeconds: 600, account: "bob" })}\n`);
      await load.more(50, anna);
      client.advance(60_000);
      await load.more(50, bob);
    });
    expect(load.lost).toEqual([]);
    expect(Object.keys(answers)).toEqual([anna, bob]);
  });

  it("knows the token of a plugin, which runs once for each expiry under load", async () => {
    const { issuer } = scene;
    const plugin = writePlugin(client.folder);
    const answer = async (account: string, seconds: number): Promise<void> =>
      plugin.answer({
        token: await issuer.issueIdToken({ account, lifetimeSeconds: seconds + 60 }),
        expirationTimestamp: new Date(Date.now() + seconds * 1000),
      });
    await answer("anna", 4);
    const load = startClientLoad(client.open(place(way), plugin.user), askers);
    const answers = await under(load, async () => {
      await load.more(50, anna);
      await answer("bob", 600);
      await load.more(50, bob);
    });
    expect(load.lost).toEqual([]);
    expect(Object.keys(answers)).toEqual([anna, bob]);
    expect(plugin.runs()).toBe(2);
  });

  it("knows the certificate of a plugin; its renewal ends only what is under way", async () => {
    const plugin = writePlugin(client.folder);
    const answer = (name: string, seconds: number): void => {
      const { certificate, key } = issueClient(client.folder, scene.authority, name, "people");
      plugin.answer({
        clientCertificateData: readFileSync(certificate, "utf8"),
        clientKeyData: readFileSync(key, "utf8"),
        expirationTimestamp: new Date(Date.now() + seconds * 1000),
      });
    };
    answer("first", 4);
    const load = startClientLoad(client.open(place(way), plugin.user), askers);
    const answers = await under(load, async () => {
      await load.more(50, "first");
      answer("second", 600);
      await load.more(50, "second");
    });
    expect(load.lost.length).toBeLessThanOrEqual(askers);
    expect(Object.keys(answers)).toEqual(["first", "second"]);
    expect(plugin.runs()).toBe(2);
  });

  it("knows the auth-provider oidc, whose rotating refresh token is used up once each time and kept", async () => {
    const { issuer } = scene;
    const tokens = await signIn("anna");
    const config = {
      "idp-issuer-url": issuer.url,
      "client-id": issuer.clients.native.clientId,
      "idp-certificate-authority-data": Buffer.from(issuer.authority?.certificatePem ?? "").toString("base64"),
      "id-token": tokens["id_token"],
      "refresh-token": tokens["refresh_token"],
    };
    const count = (counts: Record<string, number>): number => counts["refresh_token"] ?? 0;
    const before = { asked: count(issuer.requests.token), issued: count(issuer.requests.issued) };
    const load = startClientLoad(client.open(place(way), { "auth-provider": { name: "oidc", config } }), askers);
    const answers = await under(load, async () => await letPass(11_000));
    const [asked, issued] = [count(issuer.requests.token) - before.asked, count(issuer.requests.issued) - before.issued];
    expect(load.lost).toEqual([]);
    expect(Object.keys(answers)).toEqual([anna]);
    expect(asked).toBe(issued);
    // One for each four seconds that passed, and no more than that however slow the machine is.
    expect(issued).toBeGreaterThanOrEqual(1);
    expect(issued).toBeLessThanOrEqual(4);
    await letPass(4_100);
    // Another program begins with what the first has left in the kubeconfig.
    expect(await nameOf(client.openAnew())).toBe(anna);
    expect(count(issuer.requests.issued) - before.issued).toBe(issued + 1);
  });

  it("knows nobody any more once a plugin's token is refused, and again after one run", async () => {
    const plugin = writePlugin(client.folder);
    const token = await scene.issuer.issueIdToken({ lifetimeSeconds: 4 });
    plugin.answer({ token });
    const load = startClientLoad(client.open(place(way), plugin.user, { isRetriedAfterRefusal: true }), askers);
    const answers = await under(load, async () => {
      await load.more(20, anna);
      // It has no expiry: only the refusal says that it is over.
      plugin.answer({ token: await scene.issuer.issueIdToken({ lifetimeSeconds: 600, account: "bob" }) });
      await load.more(50, bob);
    });
    expect(load.lost).toEqual([]);
    expect(Object.keys(answers)).toEqual([anna, bob]);
    expect(plugin.runs()).toBe(2);
  });
});
