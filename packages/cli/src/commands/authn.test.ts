import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeUser, type FakeUser } from "../test-support/run-in-process.ts";

const configuration = `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
  - issuer: {url: "https://issuer.test", audiences: [cluster]}
    claimMappings:
      username: {claim: sub, prefix: "oidc:"}
`;

let folder: string;
let user: FakeUser;

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-authn-"));
  user = createFakeUser();
});

afterEach(() => {
  user.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe("authn lint", () => {
  it("has nothing against a careful file", async () => {
    const file = write("good.yaml", configuration);
    expect(await user.run(["authn", "lint", file])).toMatchObject({
      exitCode: 0,
      stdout: `${file}: kube-apiserver takes it (warnings: 0)\n`,
    });
  });

  it("tells all errors under kube-apiserver's paths and ends with 2", async () => {
    const file = write("bad.yaml", configuration.replace("https:", "http:").replace("[cluster]", "[]"));
    const { exitCode, stdout } = await user.run(["authn", "lint", file, "--output=json"]);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "AuthenticationConfigurationLint",
      isAccepted: false,
      errors: [{ path: "jwt[0].issuer.url" }, { path: "jwt[0].issuer.audiences" }],
    });
  });

  it("wants one file that is there", async () => {
    expect((await user.run(["authn", "lint"])).stderr).toContain("USAGE_INVALID");
    expect((await user.run(["authn", "lint", join(folder, "none")])).stderr).toContain("FILE_UNREADABLE");
  });
});

describe("kube-apiserver's flags", () => {
  const flags = ["--oidc-issuer-url=https://issuer.test", "--oidc-client-id=cluster"];
  const manifest = (...more: readonly string[]): string =>
    write(
      "kube-apiserver.yaml",
      JSON.stringify({ kind: "Pod", spec: { containers: [{ command: ["kube-apiserver", ...flags, ...more] }] } }),
    );

  it("are converted to the file that says the same, with what no file can say on standard error", async () => {
    for (const source of [flags, [manifest()]]) {
      const { exitCode, stdout, stderr } = await user.run(["authn", "convert", ...source]);
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining("prefix: https://issuer.test#\n")]);
      expect(stderr).toContain("RS256 alone");
      const file = write("converted.yaml", stdout);
      expect((await user.run(["authn", "lint", file])).stdout).toContain("kube-apiserver takes it");
      await user.run(["authn", "convert", file]).then((again) => expect(again.stderr).toContain("is not the manifest"));
    }
  });

  it("are judged as they are, beside the issuers of service accounts", async () => {
    expect((await user.run(["authn", "lint", ...flags])).exitCode).toBe(0);
    const clash = await user.run(["authn", "lint", manifest("--service-account-issuer=https://issuer.test")]);
    expect([clash.exitCode, clash.stdout]).toEqual([2, expect.stringContaining("disallowed issuers: [https://issuer.test]")]);
    const file = write("c.yaml", configuration);
    expect((await user.run(["authn", "lint", file, "--service-account-issuer=https://issuer.test"])).exitCode).toBe(2);
    const explained = ["authn", "explain", `--config=${file}`, "--service-account-issuer=https://issuer.test"];
    expect((await user.run([...explained, `--claims=${write("claims.json", "{}")}`])).stderr).toContain("disallowed issuers");
    expect((await user.run(["authn", "convert", flags[0] ?? ""])).stderr).toContain("must be specified together");
    expect((await user.run(["authn", "lint", file, ...flags])).stderr).toContain("USAGE_INVALID");
    expect((await user.run(["authn", "convert"])).stderr).toContain("USAGE_INVALID");
  });

  it("decide with which algorithms a token is explained", async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const keys = write("keys.json", JSON.stringify({ keys: [publicKey.export({ format: "jwk" })] }));
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = write("token", `${part({ alg: "ES256" })}.${part({ iss: "https://issuer.test" })}.AA`);
    const explain = async (...more: readonly string[]): Promise<string> =>
      (await user.run(["authn", "explain", ...flags, ...more, `--token-file=${token}`, `--keys=${keys}`])).stdout;
    expect(await explain()).toContain("ALGORITHM_REFUSED");
    expect(await explain("--oidc-signing-algs=ES256")).toContain("SIGNATURE_INVALID");
  });
});

describe("authn explain", () => {
  it("explains claims without a network", async () => {
    const files = [`--config=${write("c.yaml", configuration)}`, `--claims=${write("claims.json", '{"sub":"jane"}')}`];
    const { exitCode, stdout } = await user.run(["authn", "explain", ...files]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("verified\n  username  oidc:jane\n");
    const refused = [files[0] ?? "", `--claims=${write("other.json", '{"sub":7}')}`];
    expect((await user.run(["authn", "explain", ...refused])).exitCode).toBe(6);
  });

  it("explains a token with given keys, and prints none of it", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const keys = write("keys.json", JSON.stringify({ keys: [publicKey.export({ format: "jwk" })] }));
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { iss: "https://issuer.test", aud: "cluster", exp: 9_999_999_999, sub: "jane" };
    const signed = `${part({ alg: "ES256" })}.${part(claims)}`;
    const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
    const token = write("token", `${signed}.${signature}\n`);
    const argv = ["authn", "explain", `--config=${write("c.yaml", configuration)}`, `--token-file=${token}`, `--keys=${keys}`];
    const { exitCode, stdout, stderr } = await user.run([...argv, "--output=json"]);
    expect([exitCode, JSON.parse(stdout).user.username]).toEqual([0, "oidc:jane"]);
    for (const secret of [signature, part(claims)]) expect(stdout + stderr).not.toContain(secret);
  });

  it("wants a token or claims, and a configuration that kube-apiserver takes", async () => {
    const config = `--config=${write("c.yaml", configuration)}`;
    expect((await user.run(["authn", "explain", config])).exitCode).toBe(2);
    const bad = `--config=${write("bad.yaml", "a: 1")}`;
    expect((await user.run(["authn", "explain", bad, `--claims=${write("x.json", "{}")}`])).stderr).toContain("CONFIG_INVALID");
    expect((await user.run(["authn", "explain", config, `--claims=${write("y.json", "[]")}`])).stderr).toContain("FILE_UNREADABLE");
  });
});
