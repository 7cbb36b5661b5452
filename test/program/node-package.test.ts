import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readBuildInfo } from "../../scripts/build/build-info.ts";
import { buildNodePackage } from "../../scripts/build/node-package.ts";

// The command line as an npm package: what Node runs where there is no executable for a machine.

const root = join(import.meta.dirname, "..", "..");
const place = mkdtempSync(join(tmpdir(), "kubepass-program-npm-"));
const folder = join(place, "package");
const home = join(place, "home");

beforeAll(async () => {
  await buildNodePackage(root, readBuildInfo(root), folder);
}, 120_000);
afterAll(() => rmSync(place, { recursive: true, force: true }));

function run(
  program: string,
  ...args: readonly string[]
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, program), ...args], {
    env: { HOME: home },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("it has every file that its manifest names, and the schema of the config file", () => {
  const manifest: { readonly bin: Readonly<Record<string, string>>; readonly version: string } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  expect(Object.keys(manifest.bin).toSorted()).toEqual(["kubectl-pass", "kubepass"]);
  for (const file of Object.values(manifest.bin)) expect(existsSync(join(folder, file))).toBe(true);
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(["LICENSE", "config.schema.json"]));
  expect(JSON.parse(run("kubepass.js", "version", "--output=json").stdout)).toMatchObject({ version: manifest.version, runtime: "node" });
});

test("it answers as the executable does", () => {
  const refused = run("kubepass.js", "get-token", "oidc", "--issuer-url=https://issuer.example", "--client-id=k", "--non-interactive");
  expect([refused.status, refused.stdout]).toEqual([3, ""]);
  expect(JSON.parse(refused.stderr)).toMatchObject({ code: "LOGIN_REQUIRED", exitCode: 3 });
  expect(run("kubepass.js", "help", "oidc").stdout).toContain("--issuer-url=TEXT");
  expect(run("kubepass.js", "completion", "bash").stdout).toContain("complete");
  expect(run("kubepass.js", "status").stdout).toContain(join(home, ".local", "state", "kubepass"));
});
