import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePrivateFile } from "@kubepass/plugin-sdk";
import { createFakeHost, type FakeHost } from "@kubepass/plugin-sdk/testing";
import { decodeJwt } from "@kubepass/wire";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatBuild } from "../build-info.ts";
import { type Ran } from "../test-support/run-in-process.ts";
import { atDesk, flagsFor } from "../test-support/at-desk.ts";
import { createSignInScene } from "../test-support/sign-in-scene.ts";
import { answerAtOnce } from "./answer-at-once.ts";
import { describeCall, nameCall } from "./describe-call.ts";
import { describeFile, findShortcut, formatShortcut, parseShortcut, type Shortcut, shortcutFolder, shortcutPath } from "./shortcut.ts";

const shortcut: Shortcut = {
  provider: "oidc",
  key: "0123456789abcdef".repeat(4),
  apiVersion: "client.authentication.k8s.io/v1",
  configPath: "/nonexistent/config.yaml",
  configState: "absent",
};

describe("the text of a call", () => {
  test("is another one for any other argument, variable or build", () => {
    const texts = fc.array(fc.string(), { maxLength: 4 });
    const variables = fc.dictionary(fc.constantFrom("KUBEPASS_A", "KUBEPASS_B", "KUBERNETES_EXEC_INFO", "HOME"), fc.string());
    const calls = fc.tuple(fc.string(), texts, variables);
    fc.assert(
      fc.property(calls, calls, (one, other) => {
        const isSame = describeCall(...one) === describeCall(...other);
        const sort = ([build, argv, env]: typeof one): unknown => [
          build,
          argv,
          Object.keys(env)
            .toSorted()
            .map((name) => [name, env[name]]),
        ];
        expect(isSame).toBe(JSON.stringify(sort(one)) === JSON.stringify(sort(other)));
      }),
    );
  });

  test("leaves out what no option comes from", () => {
    const text = describeCall("1", ["get-token"], { KUBEPASS_OIDC_ACCOUNT: "anna", AWS_SECRET_ACCESS_KEY: "hidden", PATH: "/bin" });
    expect(text).toBe('["1",["get-token"],[["KUBEPASS_OIDC_ACCOUNT","anna"]]]');
  });

  test("has a name that spreads", () => {
    const names = Array.from({ length: 2000 }, (_, index) => nameCall(describeCall("1", ["get-token", String(index)], {})));
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("the file of a shortcut", () => {
  test("brings back what was written for the same call, and nothing for another one", () => {
    const text = formatShortcut("call", shortcut);
    expect(parseShortcut(text, "call")).toEqual(shortcut);
    expect(parseShortcut(text, "another call")).toBeUndefined();
  });

  test.each([
    ["another version", { version: 2 }],
    ["a key that leads out of the folder", { key: "../../x" }],
    ["no key", { key: undefined }],
    ["a version that is not spoken", { apiVersion: "client.authentication.k8s.io/v1alpha1" }],
    ["a provider that is no text", { provider: 1 }],
    ["no config file", { configPath: null }],
    ["no state", { configState: {} }],
  ])("with %s is nothing", (_, change) => {
    const value: Record<string, unknown> = JSON.parse(formatShortcut("call", shortcut));
    expect(parseShortcut(JSON.stringify({ ...value, ...change }), "call")).toBeUndefined();
  });

  test("of any bytes never throws", () => {
    const whole = formatShortcut("call", shortcut);
    const part = fc.nat(whole.length - 1).map((end) => whole.slice(0, end));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), part), (text) => {
        expect(parseShortcut(text, "call")).toBeUndefined();
      }),
    );
  });
});

describe("a shortcut", () => {
  let host: FakeHost;
  beforeEach(() => {
    host = createFakeHost();
    mkdirSync(host.directories.config, { recursive: true });
  });
  afterEach(() => host.remove());

  function keep(configPath: string): void {
    const text = formatShortcut("call", { ...shortcut, configPath, configState: describeFile(configPath) });
    writePrivateFile(shortcutPath(host, "call"), text, host.environment.userId);
  }

  test("holds until the config file comes, changes or goes", () => {
    const config = join(host.directories.config, "config.yaml");
    keep(config);
    expect(findShortcut(host, "call")).toMatchObject({ key: shortcut.key });
    writeFileSync(config, "oidc: {account: anna}");
    expect(findShortcut(host, "call")).toBeUndefined();
    keep(config);
    expect(findShortcut(host, "call")).toMatchObject({ key: shortcut.key });
    writeFileSync(config, "oidc: {account: anna2}");
    expect(findShortcut(host, "call")).toBeUndefined();
    keep(config);
    chmodSync(config, 0o666);
    expect(findShortcut(host, "call")).toBeUndefined();
  });

  test("that others can write is refused", () => {
    keep("/nonexistent");
    chmodSync(shortcutPath(host, "call"), 0o666);
    expect(() => findShortcut(host, "call")).toThrow(expect.objectContaining({ code: "STORE_UNSAFE" }));
  });
});

describe("get-token", () => {
  const scene = createSignInScene();

  function flags(): readonly string[] {
    return flagsFor(scene.issuer);
  }

  async function login(account: string): Promise<void> {
    scene.issuer.account = account;
    const ran = await scene.user.run(["login", "oidc", ...flags(), `--account=${account}`], atDesk(scene.issuer));
    if (ran.exitCode !== 0) throw new Error(ran.stderr);
  }

  function ask(more: readonly string[], variables: Record<string, string> = {}): Promise<Ran> {
    return scene.user.run(["get-token", "oidc", ...flags(), "--non-interactive", ...more], { variables });
  }

  function answer(more: readonly string[], variables: Record<string, string> = {}): string | undefined {
    return answerAtOnce(
      ["get-token", "oidc", ...flags(), "--non-interactive", ...more],
      createFakeHost({ variables, sharedWith: scene.user.host }),
    );
  }

  function readShortcuts(): readonly string[] {
    const folder = shortcutFolder(scene.user.host);
    return existsSync(folder) ? readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8")) : [];
  }

  test("answers the same call at once, with the same bytes, until the credential ends or is gone", async () => {
    await login("anna");
    expect(answer(["--account=anna"])).toBeUndefined();
    const { stdout } = await ask(["--account=anna"]);
    expect(answer(["--account=anna"])).toBe(stdout);
    expect((await ask(["--account=anna"])).stdout).toBe(stdout);
    expect(answer(["--account=bob"])).toBeUndefined();
    expect(answer(["--account=anna"], { KUBEPASS_OIDC_AUDIENCE: "another" })).toBeUndefined();
    scene.user.host.advance(24 * 3_600_000);
    expect(answer(["--account=anna"])).toBeUndefined();
  });

  test("answers nothing at once after a sign-out", async () => {
    await login("anna");
    await ask(["--account=anna"]);
    expect(answer(["--account=anna"])).toBeDefined();
    await scene.user.run(["logout", "--all"]);
    expect(answer(["--account=anna"])).toBeUndefined();
    expect(readShortcuts()).toEqual([]);
  });

  test.each([
    ["a forced refresh", ["--force-refresh"], {}],
    ["a verbosity, since a decision has to be told", ["-v"], {}],
    ["a secret on the command line", ["--client-secret=hunter2-hunter2"], {}],
    ["a secret in a variable", [], { KUBEPASS_OIDC_CLIENT_SECRET: "hunter2-hunter2" }],
    ["a password in a URL", ["--browser-command=firefox --proxy=http://anna:hunter2-hunter2@127.0.0.1"], {}],
  ])("keeps no shortcut with %s", async (_, more, variables) => {
    await login("anna");
    const ran = await ask(["--account=anna", ...more], variables);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(readShortcuts()).toEqual([]);
  });

  test("keeps shortcuts of the build that made them only", async () => {
    await login("anna");
    await ask(["--account=anna"]);
    expect(readShortcuts().join("")).toContain(JSON.stringify(formatBuild()).slice(1, -1));
  });

  test("no order of flags, variables and config files is ever answered for another account", async () => {
    const accounts = ["anna", "bob"] as const;
    for (const account of accounts) await login(account);
    const config = join(scene.user.host.directories.config, "config.yaml");
    mkdirSync(scene.user.host.directories.config, { recursive: true });
    const account = fc.constantFrom(...accounts);
    const turns = fc.record({ flag: fc.option(account), variable: fc.option(account), file: account, isFirst: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(turns, { minLength: 1, maxLength: 6 }), async (all) => {
        for (const { flag, variable, file, isFirst } of all) {
          writeFileSync(config, `oidc:\n  account: ${file}\n`);
          const own = flag === null ? [] : [`--account=${flag}`];
          const argv = isFirst ? [...own, ...flags()] : [...flags(), ...own];
          const variables = variable === null ? {} : { KUBEPASS_OIDC_ACCOUNT: variable };
          const ran = await scene.user.run(["get-token", "oidc", ...argv, "--non-interactive"], { variables });
          const { token } = JSON.parse(ran.stdout).status;
          expect(decodeJwt(token).unverifiedClaims["sub"]).toBe(flag ?? variable ?? file);
        }
      }),
      { numRuns: 25 },
    );
  });
});
