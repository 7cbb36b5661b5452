import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OptionValues } from "@kubepass/plugin-sdk";
import { createFakeHost, type FakeHost } from "@kubepass/plugin-sdk/testing";
import { type CertificateAuthority, createCertificateAuthority } from "@kubepass/testkit";
import { decodeJwt } from "@kubepass/wire";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { parseOidcOptions } from "./options.ts";
import { createOidcProvider } from "./provider.ts";
import { startStubIssuer, type StubIssuer } from "./test-support/stub-issuer.ts";

let authority: CertificateAuthority;

beforeAll(async () => {
  authority = await createCertificateAuthority();
});

interface Scene {
  readonly issuer: StubIssuer;
  readonly host: FakeHost;
  write(name: string, text: string): string;
  signIn(values: OptionValues): Promise<unknown>;
}

async function setScene(isClientChecked = false): Promise<Scene> {
  const host = createFakeHost();
  const server = await authority.issueServer();
  const tls = {
    cert: server.certificatePem,
    key: server.privateKeyPem,
    ca: authority.certificatePem,
    requestCert: isClientChecked,
    rejectUnauthorized: isClientChecked,
  };
  const issuer = await startStubIssuer(() => host.clock.now(), tls);
  onTestFinished(async () => {
    await issuer.close();
    host.remove();
  });
  const context = {
    host,
    cluster: undefined,
    signal: host.signal,
    canAskPerson: false,
    announceEnd: () => {},
    keepSession: () => Promise.resolve(),
    requestPerson: () => Promise.reject(new Error("nobody")),
  };
  return {
    issuer,
    host,
    write(name, text) {
      const path = join(host.directories.home, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    },
    async signIn(values) {
      const least = { "issuer-url": issuer.url, "client-id": "kubepass", "grant-type": "client-credentials" };
      return await createOidcProvider(parseOidcOptions({ ...least, ...values })).signIn(context);
    },
  };
}

test("an issuer whose authority nobody knows is not trusted", async () => {
  const scene = await setScene();
  await expect(scene.signIn({})).rejects.toMatchObject({ code: "TLS_UNTRUSTED" });
});

test("an authority can be given as a file or as data", async () => {
  const scene = await setScene();
  scene.write("ca.pem", authority.certificatePem);
  await scene.signIn({ "certificate-authority": ["~/ca.pem"] });
  await scene.signIn({ "certificate-authority-data": [Buffer.from(authority.certificatePem).toString("base64")] });
  expect(scene.issuer.forms).toHaveLength(2);
  await expect(scene.signIn({ "certificate-authority": ["~/other.pem"] })).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    message: expect.stringMatching(/ \/.*\/other\.pem cannot be read \(ENOENT\)$/),
  });
});

test("a certificate can be left unchecked, with a warning on each run", async () => {
  const scene = await setScene();
  await scene.signIn({ "insecure-skip-tls-verify": true });
  expect(scene.host.output()).toMatch(/certificate/);
});

test("a client certificate is shown to the issuer", async () => {
  const scene = await setScene(true);
  const client = await authority.issueClient({ commonName: "kubepass" });
  const values = {
    "certificate-authority": [scene.write("ca.pem", authority.certificatePem)],
    "client-certificate-file": scene.write("client.pem", client.certificatePem),
    "client-certificate-key-file": scene.write("client.key", client.privateKeyPem),
    "client-authentication": "tls",
  };
  await scene.signIn(values);
  expect(scene.issuer.forms[0]?.get("client_id")).toBe("kubepass");
  expect(scene.host.output()).not.toContain(client.privateKeyPem.slice(40, 80));
});

test("a client proves itself with a key", async () => {
  const scene = await setScene();
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const values = {
    "certificate-authority": [scene.write("ca.pem", authority.certificatePem)],
    "client-key-file": scene.write("client.key", privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
    "client-authentication": "private-key-jwt",
  };
  await scene.signIn(values);
  const assertion = scene.issuer.forms[0]?.get("client_assertion") ?? "";
  expect(decodeJwt(assertion).unverifiedClaims).toMatchObject({ iss: "kubepass", sub: "kubepass" });
});

test("a client with a secret that is told to show none shows none", async () => {
  const scene = await setScene();
  const ca = scene.write("ca.pem", authority.certificatePem);
  await scene.signIn({ "certificate-authority": [ca], "client-secret-file": "~/nowhere", "client-authentication": "none" });
  expect(scene.issuer.forms[0]?.get("client_id")).toBe("kubepass");
  expect(scene.issuer.forms[0]?.get("test-authorization")).toBe("");
});
