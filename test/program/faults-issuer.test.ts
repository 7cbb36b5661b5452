import { commonFaults, type FaultyIssuer } from "@kubepass/testkit";
import { describe, expect, test } from "vitest";
import { checkFailure, left, setScene, useExecutable, type Verdict } from "./fault-scene.ts";

// Mistakes in the options, and what may stand in the place of an issuer's discovery document.

useExecutable();

const misconfigured = { code: "CONFIG_INVALID", exit: 2 };
const invalidIssuer = { code: "ISSUER_INVALID", exit: 1 };
const unreachable = { code: "ISSUER_UNREACHABLE", exit: 5 };
const refused = { code: "POLICY_REFUSED", exit: 6 };

const optionFaults: readonly (readonly [string, readonly string[], Verdict])[] = [
  ["no issuer URL", ["--client-id", "kubepass"], { ...misconfigured, says: /issuer-url/ }],
  ["no client id", ["--issuer-url", "https://issuer.example"], { ...misconfigured, says: /client-id/ }],
  ["neither, in one answer", [], { ...misconfigured, says: /issuer-url.*client-id/ }],
  ["an issuer URL that is none", ["--issuer-url", "issuer", "--client-id", "k"], { ...misconfigured, says: /issuer-url/ }],
  ["an http issuer", ["--issuer-url", "http://127.0.0.1:9", "--client-id", "k"], { ...misconfigured, says: /must be https/ }],
  [
    "an http issuer that is not this machine",
    ["--issuer-url", "http://issuer.example", "--client-id", "k", "--insecure-allow-http-issuer"],
    { ...misconfigured, says: /only possible on a loopback address/ },
  ],
  ["a password in the issuer URL", ["--issuer-url", "https://anna:geheimes-wort@issuer.example", "--client-id", "k"], misconfigured],
  ["a fragment in the issuer URL", ["--issuer-url", "https://issuer.example/#x", "--client-id", "k"], misconfigured],
];

describe("options", () => {
  test.each(optionFaults)("with %s are refused, and nothing is written", async (_, args, verdict) => {
    const scene = await setScene();
    const ended = await scene.startCommand(["get-token", "oidc", ...args]).ended;
    checkFailure(ended, verdict);
    expect(ended.stderr).not.toContain("geheimes-wort");
    expect(scene.user.left().filter((path) => !path.startsWith("runtime/"))).toEqual([]);
    expect(await scene.residues()).toEqual([]);
  });

  test.each([
    ["is not JSON", "{not json", /KUBERNETES_EXEC_INFO/],
    ["is empty", "{}", /./],
    ["asks for an unknown version", '{"apiVersion":"client.authentication.k8s.io/v9","kind":"ExecCredential","spec":{}}', /v9/],
    [
      "asks for the version that is gone",
      '{"apiVersion":"client.authentication.k8s.io/v1alpha1","kind":"ExecCredential","spec":{}}',
      /v1alpha1/,
    ],
  ])("are not even looked at when KUBERNETES_EXEC_INFO %s", async (_, execInfo, says) => {
    const scene = await setScene();
    checkFailure(await scene.run([], { variables: { KUBERNETES_EXEC_INFO: execInfo } }), { code: "EXEC_INFO_INVALID", exit: 2, says });
    expect([scene.issuer.requests.length, scene.user.opened()]).toEqual([0, []]);
    expect(await scene.left()).toEqual(left.nothing);
  });
});

const discoveryVerdicts: Readonly<Record<keyof typeof commonFaults, Verdict>> = {
  "404": { ...invalidIssuer, hint: /URL/ },
  "500": { ...unreachable, says: /status 500/ },
  "503 with Retry-After": { ...unreachable, says: /status 503/ },
  "a page instead of JSON": { ...invalidIssuer, says: /web page/ },
  "a redirect": { ...invalidIssuer, says: /redirects to elsewhere\.example/ },
  "an empty body": invalidIssuer,
  "JSON cut short": { ...invalidIssuer, says: /not JSON/ },
  "JSON that is no object": { ...invalidIssuer, says: /not a JSON object/ },
  "bytes that are no text": invalidIssuer,
  "8 MiB": { ...invalidIssuer, says: /more than 1048576 bytes/ },
  "a dropped connection": unreachable,
  "a connection dropped within the answer": unreachable,
};

const documentFaults: readonly (readonly [string, (issuer: FaultyIssuer) => Readonly<Record<string, unknown>>, Verdict])[] = [
  [
    "names another issuer",
    () => ({ issuer: "https://other.example" }),
    { ...invalidIssuer, says: /https:\/\/other\.example/, hint: /byte for byte/ },
  ],
  [
    "differs by a slash at the end",
    ({ url }) => ({ issuer: `${url}/` }),
    { ...invalidIssuer, hint: /only in the slash at the end: set the issuer URL to/ },
  ],
  ["names no issuer", () => ({ issuer: undefined }), { ...invalidIssuer, says: /nobody/ }],
  [
    "has a token endpoint without https",
    () => ({ token_endpoint: "http://elsewhere.example/token" }),
    { ...refused, says: /token_endpoint/ },
  ],
  ["has an endpoint that is no URL", () => ({ token_endpoint: "javascript:alert(1)" }), { code: "POLICY_REFUSED", exit: 6 }],
  [
    "has no authorization endpoint",
    () => ({ authorization_endpoint: undefined }),
    { code: "GRANT_UNSUPPORTED", exit: 2, hint: /another grant-type/ },
  ],
];

describe("a discovery document", () => {
  test.each(Object.entries(commonFaults))("that is %s is told as what it is, and no window opens", async (name, answer) => {
    const scene = await setScene();
    scene.issuer.answers.discovery = answer;
    checkFailure(await scene.run(), discoveryVerdicts[name] ?? invalidIssuer);
    expect(scene.user.opened()).toEqual([]);
    expect(await scene.left()).toEqual(left.failure);
  });

  test.each(documentFaults)("that %s is refused, and no window opens", async (what, change, verdict) => {
    const scene = await setScene();
    scene.issuer.metadata = change(scene.issuer);
    checkFailure(await scene.run(["--grant-type", "authorization-code"]), verdict);
    expect(scene.user.opened()).toEqual([]);
    // What it lacks for one way to sign in is no reason to throw it away.
    expect(await scene.left()).toEqual(what === "has no authorization endpoint" ? left.failureAfterDiscovery : left.failure);
  });

  test("in a slow drip is waited for", async () => {
    const scene = await setScene();
    scene.issuer.answers.discovery = async (_, usual) => ({ ...(await usual()), drip: { bytes: 200, everyMs: 100 } });
    const ended = await scene.signIn();
    expect(ended.code, ended.stderr).toBe(0);
    expect(await scene.left()).toEqual(left.signedIn);
  });
});

describe("an issuer", () => {
  test("where nobody listens is told as unreachable, and no window opens", async () => {
    const scene = await setScene();
    await scene.issuer.close();
    checkFailure(await scene.run(), { ...unreachable, says: /connection was refused/, hint: /network/ });
    expect(scene.user.opened()).toEqual([]);
    expect(await scene.left()).toEqual(left.failure);
  });

  test("whose name nobody knows is told as unreachable", async () => {
    const scene = await setScene();
    checkFailure(
      await scene.startCommand(["get-token", "oidc", "--issuer-url", "https://issuer.invalid", "--client-id", "k", "--interaction", "open"])
        .ended,
      {
        ...unreachable,
        says: /issuer\.invalid/,
      },
    );
    expect(await scene.left()).toEqual(left.failure);
  });
});
