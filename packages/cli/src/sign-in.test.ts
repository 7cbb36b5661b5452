import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createIssuer, type Issuer } from "@kubepass/testkit";
import { describe, expect, test } from "vitest";
import { atDesk, flagsFor } from "./test-support/at-desk.ts";
import { type Ran } from "./test-support/run-in-process.ts";
import { createSignInScene } from "./test-support/sign-in-scene.ts";

const scene = createSignInScene();

function flags(): readonly string[] {
  return flagsFor(scene.issuer);
}

function runAtDesk(argv: readonly string[], place: Issuer = scene.issuer): Promise<Ran> {
  return scene.user.run(argv, atDesk(place));
}

function login(...more: readonly string[]): Promise<Ran> {
  return runAtDesk(["login", "oidc", ...flags(), ...more]);
}

function runAlone(...argv: readonly string[]): Promise<Ran> {
  return scene.user.run(argv);
}

describe("login", () => {
  test("signs a person in, and get-token then prints a credential without anybody", async () => {
    const signedIn = await login();
    expect([signedIn.exitCode, signedIn.stdout]).toEqual([
      0,
      expect.stringMatching(/^signed in: .* \(subject anna\); the credential is good until /),
    ]);
    const ran = await runAlone("get-token", "oidc", ...flags(), "--non-interactive");
    expect([ran.exitCode, JSON.parse(ran.stdout)]).toMatchObject([0, { kind: "ExecCredential", status: { token: expect.any(String) } }]);
  });

  test("asks nobody who is signed in already", async () => {
    await login();
    const { authorization } = scene.issuer.requests;
    const again = await login();
    expect(again.stdout).toMatch(/^already signed in: /);
    expect(scene.issuer.requests.authorization).toBe(authorization);
  });

  test("asks again when it is forced to", async () => {
    await login();
    const { authorization } = scene.issuer.requests;
    const again = await login("--force", "--output=json");
    expect(JSON.parse(again.stdout)).toMatchObject({ kind: "Login", outcome: "signed-in" });
    expect(scene.issuer.requests.authorization).toBeGreaterThan(authorization);
  });

  test("renews without asking when only the credential has ended", async () => {
    await login();
    const { authorization } = scene.issuer.requests;
    const again = await login("--force-refresh");
    expect(again.stdout).toMatch(/^still signed in, credential renewed: /);
    expect(scene.issuer.requests.authorization).toBe(authorization);
  });

  test("tells that the person refused", async () => {
    scene.issuer.signInMode = "refuse";
    const ran = await login();
    expect([ran.exitCode, ran.stdout]).toEqual([4, ""]);
    expect(ran.stderr).toContain("(SIGN_IN_DENIED)");
  });
});

describe("get-token", () => {
  test("fails at once where nobody may be asked, with one line of JSON that says how to sign in", async () => {
    const ran = await runAlone("get-token", "oidc", ...flags(), "--client-secret=hunter2", "--non-interactive");
    expect([ran.exitCode, ran.stdout]).toEqual([3, ""]);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      apiVersion: "kubepass.dev/v1",
      kind: "Error",
      code: "LOGIN_REQUIRED",
      reason: "login_required",
      hint: expect.stringMatching(/^run: kubepass login oidc --issuer-url=\S+ --client-id=kubepass --certificate-authority-data=/),
      retryable: false,
    });
    expect(ran.stderr).not.toContain("hunter2");
  });

  test("tells at -vv where each option came from, and no secret", async () => {
    const ran = await scene.user.run(["get-token", "oidc", "--client-secret=hunter2", "--interaction=never", "-vv"], {
      variables: { KUBEPASS_OIDC_ISSUER_URL: "https://issuer.example", KUBEPASS_OIDC_CLIENT_ID: "kubepass" },
    });
    expect(ran.stderr).toContain("option (option: issuer-url, value: https://issuer.example, from: KUBEPASS_OIDC_ISSUER_URL)");
    expect(ran.stderr).toContain('option (option: client-secret, value: "[secret]", from: --client-secret)');
    expect(ran.stderr).not.toContain("hunter2");
  });

  test("tells at -vv no password of an address, in the word that the kubeconfig commands have for it", async () => {
    const given = [
      "--issuer-url=https://anna:hunter2@issuer.example",
      "--account=anna@example.com",
      "--browser-command=firefox --proxy=http://ben:hunter3@127.0.0.1 {url}",
      "--auth-request-extra-params=token=hunter4",
      "--client-secret-command=curl",
      "--client-secret-command=https://eve:hunter5@vault.example/v1?q=a@b",
    ];
    const ran = await runAlone("get-token", "oidc", "--interaction=never", "-vv", ...given);
    for (const told of [
      "option (option: issuer-url, value: https://REDACTED@issuer.example, from: --issuer-url)",
      "option (option: account, value: anna@example.com, from: --account)",
      'option (option: browser-command, value: ["firefox","--proxy=http://REDACTED@127.0.0.1","{url}"], from: --browser-command)',
      'option (option: client-secret-command, value: ["curl","https://REDACTED@vault.example/v1?q=a@b"], from: --client-secret-command)',
      'option (option: auth-request-extra-params, value: ["token=REDACTED"], from: --auth-request-extra-params)',
    ])
      expect(ran.stderr).toContain(told);
    expect(ran.stderr).not.toContain("hunter");
  });

  test("tells all problems of all layers at once", async () => {
    const ran = await runAlone("get-token", "oidc", "--interaction=maybe", "--client-id=a", "--browser-command=x");
    expect([ran.exitCode, ran.stderr]).toEqual([
      2,
      'kubepass: error: --interaction must be one of auto, open, print, never, not "maybe"; issuer-url is missing (CONFIG_INVALID)\n' +
        "kubepass: hint: run: kubepass help get-token oidc\n",
    ]);
  });

  test("refuses exec info before it looks at anything else", async () => {
    const ran = await scene.user.run(["get-token", "oidc"], { variables: { KUBERNETES_EXEC_INFO: "{" } });
    expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain("(EXEC_INFO_INVALID)");
  });
});

describe("whoami", () => {
  test("shows the claims of the only sign-in, and no token", async () => {
    await login();
    const ran = await runAlone("whoami");
    expect(ran.stdout).toContain("not verified by a cluster");
    expect(ran.stdout).toMatch(/\n {2}sub +anna\n/);
    for (const secret of scene.issuer.secrets()) expect(ran.stdout).not.toContain(secret);
  });

  test("is JSON and YAML for programs", async () => {
    await login();
    const json = await runAlone("whoami", "--output=json");
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: "WhoAmI", verifiedByCluster: false, subject: "anna", claims: { sub: "anna" } });
    expect((await runAlone("whoami", "-o", "yaml")).stdout).toContain("kind: WhoAmI\n");
  });

  test("needs a sign-in", async () => {
    const ran = await runAlone("whoami");
    expect([ran.exitCode, ran.stderr]).toEqual([
      3,
      "kubepass: error: nobody is signed in (LOGIN_REQUIRED)\nkubepass: hint: run: kubepass login oidc\n",
    ]);
  });
});

function writeKubeconfig(users: readonly { readonly name: string; readonly exec: unknown }[]): void {
  const folder = join(scene.user.host.directories.home, ".kube");
  mkdirSync(folder, { recursive: true });
  const document = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": users[0]?.name,
    contexts: users.map(({ name }) => ({ name, context: { cluster: "c", user: name } })),
    users: users.map(({ name, exec }) => ({ name, user: { exec } })),
    clusters: [{ name: "c", cluster: { server: "https://c.example" } }],
  };
  writeFileSync(join(folder, "config"), JSON.stringify(document));
}

describe("status", () => {
  test("shows who is signed in, where the session is, and which contexts use it", async () => {
    await login();
    writeKubeconfig([
      { name: "prod", exec: { command: "/usr/local/bin/kubepass", args: ["get-token", "oidc", ...flags()] } },
      { name: "stage", exec: { command: "kubectl", args: ["pass", "get-token", "oidc", ...flags(), "--non-interactive"] } },
      { name: "dev", exec: { command: "kubepass", args: ["get-token", "oidc", ...flags(), "--account=bob"] } },
      { name: "broken", exec: { command: "kubepass", args: ["get-token", "oidc", "--isuer-url=x"] } },
      { name: "other", exec: { command: "aws", args: ["eks", "get-token"] } },
    ]);
    const ran = await runAlone("status", "--output=json");
    expect(JSON.parse(ran.stdout)).toMatchObject({
      apiVersion: "kubepass.dev/v1",
      kind: "Status",
      signIns: [
        { provider: "oidc", subject: "anna", session: { store: "keyring" }, credential: { fresh: true }, contexts: ["prod", "stage"] },
      ],
      contexts: [
        { name: "prod", current: true, signedIn: true },
        { name: "stage", current: false, signedIn: true },
        { name: "dev", signedIn: false },
        { name: "broken", signedIn: false, problem: "its arguments are not understood" },
      ],
    });
    const text = (await runAlone("status")).stdout;
    expect(text).toMatch(/ {2}contexts +prod \(current\), stage\n/);
    expect(text).toMatch(/contexts without a sign-in\n {2}dev +kubectl will ask to sign in\n {2}broken +its arguments/);
    for (const secret of scene.issuer.secrets()) expect(ran.stdout + text).not.toContain(secret);
  });

  test("asks nothing over the network, and neither does whoami offline", async () => {
    await login();
    scene.user.host.advance(24 * 3_600_000);
    const before = JSON.stringify(scene.issuer.requests);
    expect((await runAlone("status")).stdout).toMatch(/ {2}credential +ended /);
    expect((await runAlone("whoami", "--offline")).stderr).toContain("there is no current credential of");
    expect(JSON.stringify(scene.issuer.requests)).toBe(before);
  });

  test("says so when nobody is signed in", async () => {
    const ran = await runAlone("status");
    expect([ran.exitCode, ran.stdout.split("\n").slice(0, 2)]).toEqual([
      0,
      ["nobody is signed in", "to sign in, run: kubepass login oidc (flags and examples: kubepass help login)"],
    ]);
  });

  test("goes on without a kubeconfig that cannot be read, and does not quote it", async () => {
    mkdirSync(join(scene.user.host.directories.home, ".kube"));
    writeFileSync(join(scene.user.host.directories.home, ".kube", "config"), "users: [{token: hunter2");
    const ran = await runAlone("status");
    expect([ran.exitCode, ran.stderr]).toEqual([0, expect.stringContaining("leaving out a kubeconfig that cannot be read")]);
    expect(ran.stderr).not.toContain("hunter2");
  });
});

describe("logout", () => {
  test("revokes the refresh token and tells what stays valid", async () => {
    await login();
    const ran = await runAlone("logout");
    expect(ran.stdout).toMatch(/^signed out: /);
    expect(ran.stdout).toContain("  refresh token revoked\n");
    expect(ran.exitCode).toBe(ran.stdout.includes("stays valid") ? 7 : 0);
    expect((await runAlone("get-token", "oidc", ...flags(), "--non-interactive")).exitCode).toBe(3);
  });

  test("needs no flags of the sign-in, but wants to know which of several is meant", async () => {
    await login("--account=anna");
    scene.issuer.account = "bob";
    await login("--account=bob");
    const unclear = await runAlone("logout");
    expect([unclear.exitCode, unclear.stdout]).toEqual([2, ""]);
    expect(unclear.stderr).toMatch(/2 sign-ins could be meant: (anna|bob) at /);
    const one = await runAlone("logout", "--account=anna", "--output=json");
    expect(JSON.parse(one.stdout)).toMatchObject({ kind: "Logout", signIns: [{ subject: "anna", signedOut: true }] });
    const left = await runAlone("status", "--output=json");
    expect(JSON.parse(left.stdout)).toMatchObject({ signIns: [{ subject: "bob" }] });
  });

  test("ends all sign-ins", async () => {
    await login("--account=anna");
    scene.issuer.account = "bob";
    await login("--account=bob");
    expect((await runAlone("logout", "--all")).stdout.match(/^signed out: /gm)).toHaveLength(2);
    expect((await runAlone("logout", "--all")).stdout).toBe("nobody was signed in\n");
  });

  test("forgets the sign-in even though the issuer cannot be reached, and says so with exit code 7", async () => {
    const other = await createIssuer({ authority: scene.issuer.authority });
    const authority = Buffer.from(other.authority?.certificatePem ?? "").toString("base64");
    await runAtDesk(
      ["login", "oidc", `--issuer-url=${other.url}`, "--client-id=kubepass", `--certificate-authority-data=${authority}`],
      other,
    );
    await other.close();
    const ran = await runAlone("logout");
    expect(ran.exitCode).toBe(7);
    expect(ran.stdout).toMatch(/refresh token stays valid.*: cannot reach/);
    expect(ran.stderr).toContain("(SIGN_OUT_INCOMPLETE)");
    expect((await runAlone("status")).stdout).toContain("nobody is signed in");
  });
});
