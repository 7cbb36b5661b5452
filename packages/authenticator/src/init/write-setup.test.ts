import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseServeConfig } from "../serve/serve-config.ts";
import { parseWebhookKubeconfig } from "../webhook/webhook-kubeconfig.ts";
import { createAuthority, issueLeaf } from "./create-certificate.ts";
import { writeSetup } from "./write-setup.ts";

const now = new Date("2026-06-01T12:00:00Z");

async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), "kubepass-init-"));
  const request = { folder, address: "[::1]:9443", hosts: ["authn.example", "10.0.0.7", "2001:db8::7", "::1"], now };
  const written = await writeSetup(request);
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  return { folder, request, written, read, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

test("what is written fits together", async () => {
  using setup = await setUp();
  expect(setup.written.map(({ path }) => path).toSorted()).toEqual(
    readdirSync(setup.folder)
      .map((name) => join(setup.folder, name))
      .toSorted(),
  );
  expect(parseServeConfig(setup.read("serve.yaml"), "serve.yaml").listen.address).toBe("[::1]:9443");
  const target = parseWebhookKubeconfig(setup.read("webhook.yaml"), "webhook.yaml");
  expect(target).toMatchObject({
    url: "https://authn.example:9443/authenticate",
    certificateAuthority: { text: setup.read("authority.crt") },
  });
  const authority = new X509Certificate(setup.read("authority.crt"));
  const server = new X509Certificate(setup.read("server.crt"));
  expect(server.verify(authority.publicKey)).toBe(true);
  expect(server.checkIssued(authority)).toBe(true);
  expect(server.checkPrivateKey(createPrivateKey(setup.read("server.key")))).toBe(true);
  for (const host of ["10.0.0.7", "2001:db8::7", "::1"]) expect(server.checkIP(host)).toBe(host);
  expect(server.checkHost("authn.example")).toBe("authn.example");
  expect(new Date(server.validTo)).toEqual(new Date("2027-06-01T12:00:00Z"));
});

test("keys are for the owner alone", async () => {
  using setup = await setUp();
  for (const name of ["authority.key", "server.key", "webhook.yaml", "tokens.csv"])
    expect(statSync(join(setup.folder, name)).mode & 0o777).toBe(0o600);
});

test("nothing is overwritten", async () => {
  using setup = await setUp();
  rmSync(join(setup.folder, "server.crt"));
  const before = setup.read("server.key");
  await expect(writeSetup(setup.request)).rejects.toThrow(/^there already is .*serve\.yaml/);
  expect(setup.read("server.key")).toBe(before);
  expect(readdirSync(setup.folder)).not.toContain("server.crt");
});

test("a certificate may outlive the year 2050, in which its form of time changes", () => {
  const period = { notBefore: new Date("2049-12-31T23:59:59Z"), notAfter: new Date("2050-01-01T00:00:00Z") };
  const authority = createAuthority("a", period);
  const leaf = new X509Certificate(issueLeaf(authority, { ...period, commonName: "größe", usage: "client", hosts: [] }).certificatePem);
  expect([new Date(leaf.validFrom), new Date(leaf.validTo)]).toEqual([period.notBefore, period.notAfter]);
  expect(leaf.ca).toBe(false);
  expect(new X509Certificate(authority.certificatePem).ca).toBe(true);
});
