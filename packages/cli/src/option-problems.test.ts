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
    ["version --non-interactive=maybe", '--non-interactive must be true or false, not "maybe"'],
    ["version --session-store=cloud", '--session-store must be one of auto, keyring, file, none, not "cloud"'],
    ["serve init --folder=/dev/null/x --output=xml", '--output must be one of text, json, yaml, not "xml"'],
    ["completion bash --verbosity=7", '--verbosity must be one of 0, 1, 2, not "7"'],
    ["help --output=xml", '--output must be one of text, json, yaml, not "xml"'],
    ["kubeconfig view --browser-command=it's", "--browser-command has a quote that is not closed"],
    ["status --browser-command=it's", "--browser-command has a quote that is not closed"],
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

const wrong = ["--output=xml", "--non-interactive=maybe", "--browser-command=it's", "--session-store=cloud"];

test.each(["version", "kubeconfig view --minify=maybe", "status", "get-token oidc"])("%s tells all of them together", async (line) => {
  const argv = [...line.split(" "), ...wrong];
  const ran = await user.run(argv);
  expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
  const [message = "", hint] = ran.stderr.split("\n");
  for (const flag of argv.filter((word) => word.startsWith("--"))) expect(message).toContain(`${flag.replace(/=.*$/, "")} `);
  expect(hint).toBe(`kubepass: hint: run: kubepass help ${line.replace(/ --.*$/, "")}`);
});

describe("without a config file", () => {
  const variables = { KUBEPASS_OUTPUT: "xml", KUBEPASS_NON_INTERACTIVE: "maybe", KUBEPASS_SESSION_STORE: "cloud" };

  test.each(["version", "kubeconfig view", "completion bash"])("%s is ended by variables that mean something to it alone", async (line) => {
    const ran = await user.run(line.split(" "), { variables });
    expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
    for (const named of ["KUBEPASS_OUTPUT", "KUBEPASS_NON_INTERACTIVE"]) expect(ran.stderr).toContain(named);
    expect(ran.stderr).not.toContain("KUBEPASS_SESSION_STORE");
  });

  test.each(["help environment", "status --session-store=cloud --help", "version --output=xml --help", "__complete bash log"])(
    "%s answers all the same",
    async (line) => {
      const ran = await user.run(line.split(" "), { variables });
      expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
      expect(ran.stdout).not.toBe("");
    },
  );
});

test("good values of flags that a command does not heed change nothing", async () => {
  const plain = await user.run(["version"]);
  const ran = await user.run(["version", "--session-store=none", "--verbosity=2", "--browser-command=firefox", "--config=/nowhere"]);
  expect(ran).toEqual(plain);
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
