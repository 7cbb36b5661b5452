import { mkdtempSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { getCredential, type Host, type OptionValues, type Provider } from "@kubepass/plugin-sdk";
import { createFakeHost } from "@kubepass/plugin-sdk/testing";
import { formatCanonicalJson } from "@kubepass/wire";
import { expect, test } from "vitest";
import { locateGrant } from "./grant-sources.ts";
import { loadOidcProvider } from "./provider.ts";
import { type Scene, setScene } from "./test-support/scene.ts";

const exchange = { "grant-type": "token-exchange", audience: "cluster-1" } as const;
const bearer = { "grant-type": "jwt-bearer", audience: "api" } as const;

function load(scene: Scene, values: OptionValues, host: Host = scene.host): Promise<Provider> {
  const least = { "issuer-url": scene.issuer.url, "client-id": "kubepass", "insecure-allow-http-issuer": true };
  return loadOidcProvider({ ...least, ...values }, host);
}

/** The tokens that were handed in when credentials for these options were asked for. */
async function ask(scene: Scene, values: OptionValues, host: Host = scene.host): Promise<readonly (string | null)[]> {
  const before = scene.issuer.forms.length;
  await getCredential({ ...scene.request(values), provider: await load(scene, values, host) }, host);
  return scene.issuer.forms.slice(before).map((form) => form.get("subject_token") ?? form.get("assertion"));
}

function write(path: string, text: string): string {
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

test.each([
  ["subject-token-file", exchange],
  ["assertion-file", bearer],
])("a replaced %s is another credential, and the same text is the same one", async (option, grant) => {
  const scene = await setScene();
  const path = join(scene.host.root, "token");
  const values = { ...grant, [option]: write(path, "anna\n") };
  expect(await ask(scene, values)).toEqual(["anna"]);
  expect(await ask(scene, values)).toEqual([]);
  write(path, "berta\n");
  expect(await ask(scene, values)).toEqual(["berta"]);
  write(path, "berta");
  expect(await ask(scene, values)).toEqual([]);
  write(path, "anna");
  expect(await ask(scene, values)).toEqual(["anna"]);
});

test("an actor's token counts as well", async () => {
  const scene = await setScene();
  const actor = write(join(scene.host.root, "actor"), "one");
  const values = { ...exchange, "subject-token-file": write(join(scene.host.root, "token"), "anna"), "actor-token-file": actor };
  expect(await ask(scene, values)).toEqual(["anna"]);
  write(actor, "other");
  expect(await ask(scene, values)).toEqual(["anna"]);
});

test("what is handed in is the text that counted, whatever is in the file by then", async () => {
  const scene = await setScene();
  const path = write(join(scene.host.root, "token"), "anna");
  const values = { ...exchange, "subject-token-file": path };
  const provider = await load(scene, values);
  write(path, "berta");
  await getCredential({ ...scene.request(values), provider }, scene.host);
  expect(scene.issuer.forms.map((form) => form.get("subject_token"))).toEqual(["anna"]);
  expect(await ask(scene, values)).toEqual(["berta"]);
});

test("a file that is gone is told instead of a credential that was made from it", async () => {
  const scene = await setScene();
  const values = { ...exchange, "subject-token-file": join(scene.host.root, "none") };
  await expect(ask(scene, values)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});

test("a command counts with the variables it may look at", async () => {
  const scene = await setScene();
  const values = { ...exchange, "subject-token-command": ["/usr/bin/printenv", "CI_TOKEN"] };
  const hostOf = (token: string, line: string): Host => ({
    ...scene.host,
    environment: { ...scene.host.environment, variables: { CI_TOKEN: token, PWD: line, LINES: line } },
  });
  expect(await ask(scene, values, hostOf("anna", "1"))).toEqual(["anna"]);
  expect(await ask(scene, values, hostOf("anna", "2"))).toEqual([]);
  expect(await ask(scene, values, hostOf("berta", "2"))).toEqual(["berta"]);
});

test("a session that comes with an assertion's token is not kept", async () => {
  const scene = await setScene();
  const values = { ...bearer, "assertion-file": write(join(scene.host.root, "token"), "anna") };
  scene.issuer.tokenAnswers.push(({ body }) => ({ status: 200, body: { ...(body as object), refresh_token: "refresh-1" } }));
  expect((await (await load(scene, values)).signIn(scene.context())).session).toBeUndefined();
});

test("a path from the working folder is not the same one in another folder", async () => {
  const host = createFakeHost();
  const folder = mkdtempSync(join(host.root, "folder-"));
  try {
    const path = write(join(folder, "token"), "anna");
    const options = { "issuer-url": "https://issuer.example", "client-id": "kubepass", ...exchange };
    const identify = async (file: string): Promise<string> =>
      formatCanonicalJson((await loadOidcProvider({ ...options, "subject-token-file": file }, host)).identity);
    expect(await identify(relative(".", path))).toBe(await identify(path));
    expect(await identify("./token")).toContain(`"file":"${join(import.meta.dirname, "../../..", "token")}"`);
    const home = locateGrant({ type: "jwt-bearer", assertion: { kind: "file", path: "~/token" } }, host);
    expect(home).toMatchObject({ assertion: { path: join(host.directories.home, "token") } });
  } finally {
    host.remove();
  }
});

test("a person's sign-in has no fingerprint: it is served without looking at files", async () => {
  const scene = await setScene();
  expect((await load(scene, {})).sourceFingerprint).toBeUndefined();
});
