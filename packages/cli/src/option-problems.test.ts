import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFakeUser, type FakeUser } from "./test-support/run-in-process.ts";

// A value that cannot be used ends every command before it does anything: none goes on as if it had not been given.

let user: FakeUser;

beforeEach(() => {
  user = createFakeUser();
});
afterEach(() => user.remove());

const identity = ["--issuer-url=https://issuer.example", "--client-id=kubernetes"];

describe("a value that cannot be used", () => {
  test.each([
    ["status --output=xml", '--output must be one of text, json, yaml, not "xml"'],
    ["status --verbosity=7", '--verbosity must be one of 0, 1, 2, not "7"'],
    ["whoami --offline=maybe", '--offline must be true or false, not "maybe"'],
    ["logout --all=maybe", '--all must be true or false, not "maybe"'],
    ["login oidc --force=maybe", '--force must be true or false, not "maybe"'],
    ["get-token oidc --max-age=soon", "--max-age must be a number of seconds"],
    ["kubeconfig view --show-secrets=no", '--show-secrets must be true or false, not "no"'],
    ["kubeconfig audit --write-allowlist=no", '--write-allowlist must be true or false, not "no"'],
    ["version --output=xml", '--output must be one of text, json, yaml, not "xml"'],
  ])("ends kubepass %s", async (line, message) => {
    const ran = await user.run(line.split(" "));
    expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain(`kubepass: error: ${message}`);
    expect(ran.stderr).toContain("(CONFIG_INVALID)\n");
  });

  test.each(["status", "whoami", "logout", "login"])("ends %s when it is in a variable or the config file", async (command) => {
    const file = join(user.host.directories.config, "config.yaml");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "outptu: json\noidc: {max-age: soon}\n");
    const ran = await user.run([command], { variables: { KUBEPASS_SESSION_STORE: "cloud" } });
    expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
    for (const named of ["KUBEPASS_SESSION_STORE", '"outptu"', "max-age must be"]) expect(ran.stderr).toContain(named);
  });
});

test.each(["0", "false"])("--show-secrets=%s shows none", async (value) => {
  const file = join(user.host.directories.home, "config");
  writeFileSync(file, "users: [{name: a, user: {token: hunter2}}]\n");
  const view = ["kubeconfig", "view", `--kubeconfig=${file}`];
  expect((await user.run([...view, `--show-secrets=${value}`])).stdout).toContain("REDACTED");
  expect((await user.run([...view, "--show-secrets=1"])).stdout).toContain("hunter2");
});

test("--dry-run=0 is no dry run", async () => {
  const file = join(user.host.directories.home, "config");
  writeFileSync(file, 'clusters: [{name: prod, cluster: {server: "https://prod.example"}}]\n');
  const ran = await user.run(["kubeconfig", "add", "oidc", ...identity, `--kubeconfig=${file}`, "--dry-run=0"]);
  expect([ran.exitCode, ran.stdout]).toEqual([0, expect.stringContaining("wrote the user")]);
});
