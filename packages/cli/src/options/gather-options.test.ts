import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonValue } from "@kubepass/wire";
import { createFakeHost, type FakeHost } from "@kubepass/plugin-sdk/testing";
import { afterEach, describe, expect, test } from "vitest";
import { providers } from "../registry.ts";
import { gatherOptions } from "./gather-options.ts";
import { parseArguments } from "./parse-arguments.ts";
import type { ResolvedOptions } from "./resolve-options.ts";

interface Given {
  readonly flags?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly cluster?: JsonValue;
  readonly file?: string;
  readonly mode?: number;
}

const hosts: FakeHost[] = [];
afterEach(() => {
  for (const host of hosts.splice(0)) host.remove();
});

function gather(given: Given): Promise<ResolvedOptions> {
  const host = createFakeHost({ variables: { ...given.variables } });
  hosts.push(host);
  if (given.file !== undefined) {
    mkdirSync(host.directories.config, { recursive: true });
    const path = join(host.directories.config, "config.yaml");
    writeFileSync(path, given.file);
    chmodSync(path, given.mode ?? 0o644);
  }
  const parsed = parseArguments(["get-token", "oidc", ...(given.flags ?? [])]);
  return gatherOptions({ given: parsed.given, provider: providers[0], own: [], clusterConfig: given.cluster }, host);
}

function extension(oidc: JsonValue): JsonValue {
  return { apiVersion: "kubepass.dev/v1", kind: "ClusterConfig", oidc };
}

const everywhere = {
  flags: ["--client-id=flag"],
  variables: { KUBEPASS_OIDC_CLIENT_ID: "variable" },
  cluster: extension({ "client-id": "cluster" }),
  file: "oidc:\n  client-id: file\n",
};

describe("an option comes from the first place that has it", () => {
  test.each([
    ["flag", everywhere, "--client-id"],
    ["variable", { ...everywhere, flags: [] }, "KUBEPASS_OIDC_CLIENT_ID"],
    ["cluster", { ...everywhere, flags: [], variables: {} }, "the cluster's extension client-id"],
    ["file", { file: everywhere.file }, "config.yaml oidc: client-id"],
  ])("%s", async (value, given, place) => {
    const { values, places } = await gather(given);
    expect(values["client-id"]).toBe(value);
    expect(places.get("client-id")?.text).toMatch(new RegExp(`${place}$`));
  });

  test("whole lists and maps replace each other", async () => {
    const { values } = await gather({ flags: ["--extra-scope=a"], variables: { KUBEPASS_OIDC_EXTRA_SCOPE: "b,c" } });
    expect(values["extra-scope"]).toEqual(["a"]);
  });

  test("an empty variable counts as unset, and so does null in the file", async () => {
    const { values } = await gather({ variables: { KUBEPASS_OIDC_CLIENT_ID: "" }, file: "oidc:\n  client-id: ~\n" });
    expect(values).toEqual({});
  });
});

describe("a switch that stands for a value follows the same order", () => {
  test.each([
    [{ flags: ["--interaction=print"], variables: { KUBEPASS_NON_INTERACTIVE: "1" } }, "print"],
    [{ flags: ["--non-interactive"], variables: { KUBEPASS_INTERACTION: "open" } }, "never"],
    [{ flags: ["--skip-open-browser"] }, "print"],
    [{ file: "non-interactive: true\n" }, "never"],
    [{ flags: ["--non-interactive=false"] }, undefined],
    [{ flags: ["--interaction=open", "--non-interactive"] }, "never"],
    [{ flags: ["--interaction=open", "--non-interactive=false"] }, "open"],
    [{ flags: ["--skip-open-browser", "--interaction=open"] }, "print"],
  ])("%j", async (given, interaction) => {
    expect((await gather(given)).values["interaction"]).toBe(interaction);
  });
});

test("all problems of all places are told together", async () => {
  const { problems } = await gather({
    flags: ["--interaction=maybe", "--max-age=soon"],
    variables: { KUBEPASS_OIDC_USE_ACCESS_TOKEN: "perhaps" },
    file: "oidc:\n  client-secret: hunter2\n  isuer-url: x\n  extra-scope: 5\nverbosty: 1\n",
  });
  expect(problems.map((problem) => problem.replace(/^\S*config\.yaml/, "config.yaml"))).toEqual([
    'config.yaml has an unknown key "verbosty" (did you mean verbosity?)',
    "config.yaml oidc: must not hold client-secret: a secret comes from a file, a command or standard input (see `kubepass help security`)",
    'config.yaml oidc: has an unknown key "isuer-url" (did you mean issuer-url?)',
    '--interaction must be one of auto, open, print, never, not "maybe"',
    '--max-age must be a number of seconds, such as 180 or 3m, not "soon"',
    'KUBEPASS_OIDC_USE_ACCESS_TOKEN must be true or false, not "perhaps"',
    "config.yaml oidc: extra-scope must be a list of texts",
  ]);
  expect(problems.join("")).not.toContain("hunter2");
});

describe("the cluster extension of a kubeconfig, which anybody may have written", () => {
  test.each([
    ["variable", { variables: { KUBEPASS_OIDC_CLIENT_SECRET: "s" } }, "client-secret (from KUBEPASS_OIDC_CLIENT_SECRET)"],
    ["config file", { file: "oidc:\n  subject-token-file: /var/run/token\n" }, "subject-token-file (from "],
  ])("cannot choose the issuer that a proof from a %s is sent to", async (_place, given, told) => {
    const cluster = extension({ "issuer-url": "https://evil.example", "client-id": "b" });
    await expect(gather({ ...given, cluster })).rejects.toMatchObject({ code: "POLICY_REFUSED", message: expect.stringContaining(told) });
    const named = gather({ ...given, cluster, flags: ["--issuer-url=https://issuer.example"] });
    expect((await named).values["issuer-url"]).toBe("https://issuer.example");
  });

  test("may choose who a person signs in as", async () => {
    const cluster = extension({ "issuer-url": "https://a", "client-id": "b", "extra-scope": ["groups"] });
    expect((await gather({ cluster })).values).toEqual({ "issuer-url": "https://a", "client-id": "b", "extra-scope": ["groups"] });
  });

  test.each([
    "insecure-skip-tls-verify",
    "certificate-authority-data",
    "client-secret",
    "client-secret-command",
    "token-endpoint",
    "pushed-authorization-request-endpoint",
    "discovery-url",
    "request-header",
    "grant-type",
    "redirect-url",
    "listen-address",
    "subject-token-command",
  ])("must not set %s", async (name) => {
    await expect(gather({ cluster: extension({ [name]: "x" }) })).rejects.toMatchObject({ code: "POLICY_REFUSED" });
  });

  test("cannot reach the global options", async () => {
    const cluster = { apiVersion: "kubepass.dev/v1", kind: "ClusterConfig", "browser-command": "evil", verbosity: "2" };
    expect((await gather({ cluster })).values).toEqual({});
  });

  test("is told of a typing mistake", async () => {
    await expect(gather({ cluster: extension({ "isuer-url": "x" }) })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `the cluster's extension in the kubeconfig has an unknown option "isuer-url" (did you mean issuer-url?)`,
    });
  });

  test.each([{ apiVersion: "kubepass.dev/v2", kind: "ClusterConfig" }, { apiVersion: "kubepass.dev/v1" }, extension(5)])(
    "%j is refused",
    async (cluster) => {
      await expect(gather({ cluster })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    },
  );

  test.each(["text", 5, null, [], {}, { apiVersion: "other.example/v1", oidc: { "insecure-skip-tls-verify": true } }])(
    "that is meant for somebody else gives nothing: %j",
    async (cluster) => {
      expect((await gather({ cluster })).values).toEqual({});
    },
  );
});

describe("the config file", () => {
  test("is refused when everybody can write it", async () => {
    await expect(gather({ file: "{}", mode: 0o666 })).rejects.toMatchObject({
      code: "POLICY_REFUSED",
      hint: expect.stringContaining("chmod o-w"),
    });
  });

  test("that was named must exist", async () => {
    await expect(gather({ flags: ["--config=/nonexistent/config.yaml"] })).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      message: "the config file /nonexistent/config.yaml cannot be read (ENOENT)",
    });
  });

  test("that was named is no folder", async () => {
    await expect(gather({ variables: { KUBEPASS_CONFIG: "/" } })).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });

  test.each([
    ["a: [", /config\.yaml:\d+:\d+ is not valid YAML/],
    ["- a", /is not an object of options/],
    ["oidc: 5", /oidc: is not an object of options/],
    ["client-secret: hunter2: x", /is not valid YAML/],
    [`a: &a [1]\nb: [${"*a, ".repeat(200)}]`, /aliases too much|unknown key/],
  ])("%j is refused without quoting it", async (file, message) => {
    const failure = await gather({ file }).then(
      (resolved) => resolved.problems.join("; "),
      (error: unknown) => (error instanceof Error ? error.message : ""),
    );
    expect(failure).toMatch(message);
    expect(failure).not.toContain("hunter2");
  });
});
