import { createServer } from "node:https";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CertificateAndKey, createCertificateAuthority } from "@kubepass/testkit";
import { type Algorithm, createTokenKey, type TokenKey } from "./tokens.ts";

/** Issuers, certificates and folders for all contestants. */
export interface ServeScene {
  readonly folder: string;
  readonly authorityPem: string;
  readonly server: CertificateAndKey;
  readonly client: CertificateAndKey;
  readonly keys: Readonly<Record<Algorithm, TokenKey>>;
  /** The issuer of a number; all of them have the same keys. */
  issuer(index: number): string;
  /** The keys as a JWK Set. */
  readonly keySet: unknown;
  close(): Promise<void>;
}

/** What is configured. */
export interface Setup {
  readonly issuers: number;
  /** CEL rules of each issuer; none means mapping by claims alone. */
  readonly rules: number;
  readonly cacheSeconds: number;
}

/** The AuthenticationConfiguration, the same for everybody. */
export function formatConfiguration(scene: ServeScene, { issuers, rules }: Setup): string {
  const claimValidationRules = Array.from({ length: rules }, (_, index) => ({
    expression: `claims.sub != 'nobody-${index}' && dyn(claims.groups).exists(g, g == 'team-${index % 10}@example.com')`,
    message: `rule ${index}`,
  }));
  const jwt = Array.from({ length: issuers }, (_, index) => ({
    issuer: { url: scene.issuer(index), audiences: ["bench"], certificateAuthority: scene.authorityPem },
    claimMappings: { username: { claim: "sub", prefix: "p:" }, groups: { claim: "groups", prefix: "g:" }, uid: { claim: "jti" } },
    claimValidationRules,
  }));
  return JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt });
}

/** Starts a server of keys, and makes everything else. */
export async function createServeScene(): Promise<ServeScene> {
  const authority = await createCertificateAuthority();
  const [server, client] = [await authority.issueServer(), await authority.issueClient({ commonName: "kube-apiserver" })];
  const keys = { RS256: createTokenKey("RS256"), ES256: createTokenKey("ES256") };
  const keySet = { keys: Object.values(keys).map(({ jwk }) => jwk) };
  const issuers = createServer({ cert: server.certificatePem, key: server.privateKeyPem }, (request, response) => {
    const [, name = ""] = (request.url ?? "").split("/");
    const url = `https://127.0.0.1:${port}/${name}`;
    const isKeys = request.url?.endsWith("/keys") === true;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(isKeys ? keySet : { issuer: url, jwks_uri: `${url}/keys` }));
  });
  await new Promise<void>((resolve) => void issuers.listen(0, "127.0.0.1", resolve));
  const address = issuers.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const folder = mkdtempSync(join(tmpdir(), "kubepass-bench-serve-"));
  return {
    folder,
    authorityPem: authority.certificatePem,
    server,
    client,
    keys,
    keySet,
    issuer: (index) => `https://127.0.0.1:${port}/issuer-${index}`,
    async close() {
      issuers.closeAllConnections();
      await new Promise((resolve) => issuers.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes what `kubepass serve` reads, and says where its configuration is. */
export function writeServeFolder(scene: ServeScene, setup: Setup): string {
  const folder = mkdtempSync(join(scene.folder, "serve-"));
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return name;
  };
  const config = {
    apiVersion: "kubepass.dev/v1",
    kind: "ServeConfiguration",
    listen: {
      address: "127.0.0.1:0",
      certificateFile: write("server.crt", scene.server.certificatePem),
      privateKeyFile: write("server.key", scene.server.privateKeyPem),
      callers: { clientAuthorityFile: write("authority.crt", scene.authorityPem) },
    },
    operations: { address: "127.0.0.1:0" },
    verifiers: [{ jwt: { configFile: write("authentication.json", formatConfiguration(scene, setup)) } }],
    cache: { successSeconds: setup.cacheSeconds, ...(setup.cacheSeconds === 0 ? { maxEntries: 0 } : {}) },
  };
  return join(folder, write("serve.yaml", JSON.stringify(config)));
}
