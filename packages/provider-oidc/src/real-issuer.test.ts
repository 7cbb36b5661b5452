import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { endSignIn, getCredential, type CredentialRequest, type OptionValues } from "@kubepass/plugin-sdk";
import { createFakeHost, type FakeHost, type FakeHostOptions } from "@kubepass/plugin-sdk/testing";
import { createIssuer, type Issuer, type IssuerOptions } from "@kubepass/testkit";
import { decodeJwt, type JsonObject } from "@kubepass/wire";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseOidcOptions } from "./options.ts";
import { createOidcProvider } from "./provider.ts";
import { waitForPeople } from "./test-support/scene.ts";

interface Scene {
  readonly issuer: Issuer;
  readonly host: FakeHost;
  request(values?: OptionValues, isRefreshForced?: boolean): CredentialRequest;
  /** The claims of the credential that the API server would get. */
  get(values?: OptionValues, isRefreshForced?: boolean): Promise<JsonObject>;
  write(name: string, text: string): string;
}

async function setScene(issuerOptions: IssuerOptions = {}, hostOptions: FakeHostOptions = {}): Promise<Scene> {
  const issuer = await createIssuer(issuerOptions);
  const openBrowser = (url: string): boolean => {
    void issuer.signIn(url).catch(() => undefined);
    return true;
  };
  const fake = createFakeHost({ openBrowser, ...hostOptions });
  const host: FakeHost = { ...fake, clock: waitForPeople(fake.clock) };
  onTestFinished(async () => {
    await issuer.close();
    host.remove();
  });
  const authority = Buffer.from(issuer.authority?.certificatePem ?? "").toString("base64");
  const least = { "issuer-url": issuer.url, "client-id": issuer.clients.native.clientId, "certificate-authority-data": [authority] };
  const request = (values: OptionValues = {}, isRefreshForced = false): CredentialRequest => ({
    provider: createOidcProvider(parseOidcOptions({ ...least, ...values })),
    execInfo: { apiVersion: "client.authentication.k8s.io/v1" },
    settings: { interaction: "auto", sessionStore: "auto", loginHint: "run: kubepass login", isRefreshForced },
  });
  return {
    issuer,
    host,
    request,
    async get(values, isRefreshForced) {
      // What was stored in this very moment would count as the answer of a process that was faster.
      fake.advance(1_000);
      const { credential } = await getCredential(request(values, isRefreshForced), host);
      return decodeJwt(credential.token?.reveal() ?? "").unverifiedClaims;
    },
    write(name, text) {
      const path = join(host.directories.home, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    },
  };
}

// Without it this issuer gives no refresh token, as OpenID Connect Core §11 has it.
const person = { prompt: "consent" };
const machine: FakeHostOptions = { variables: { CI: "true" }, isTerminal: false, canRead: false };

function expectNoLeak({ issuer, host }: Scene): void {
  expect(issuer.failures).toEqual([]);
  for (const secret of issuer.secrets()) expect(host.output()).not.toContain(secret);
}

describe("with a real OpenID provider", () => {
  test("a browser signs in, refreshes rotate a bound token without a window, and signing out ends it", async () => {
    const scene = await setScene();
    expect(await scene.get(person)).toMatchObject({ sub: "anna", aud: "kubepass" });
    await scene.get(person, true);
    await scene.get(person, true);
    expect(scene.host.openedUrls).toHaveLength(1);
    expect(scene.issuer.requests.issued["refresh_token"]).toBe(2);
    const { items } = await endSignIn(scene.request(person), scene.host);
    expect(items.map((item) => `${item.what}: ${item.outcome}`)).toEqual([
      "refresh token: revoked",
      "ID token: still-valid",
      "sign-in in the browser: page-opened",
    ]);
    expectNoLeak(scene);
  });

  test("a session that the issuer has ended leads to one new sign-in", async () => {
    const scene = await setScene();
    await scene.get(person);
    scene.issuer.revokeAll();
    await scene.get(person, true);
    expect(scene.host.openedUrls).toHaveLength(2);
    expectNoLeak(scene);
  });

  test("somebody else in the browser does not take over the identity", async () => {
    const scene = await setScene();
    await scene.get(person);
    scene.issuer.revokeAll();
    scene.issuer.account = "bob";
    const before = scene.host.output();
    await expect(scene.get(person, true)).rejects.toMatchObject({ code: "IDENTITY_CHANGED" });
    expect(scene.host.output().slice(before.length)).not.toContain("Signed in");
  });

  test("a person who says no is believed", async () => {
    const scene = await setScene({ signInMode: "refuse" });
    await expect(scene.get()).rejects.toMatchObject({ code: "SIGN_IN_DENIED" });
  });

  test("a device code that the person approves elsewhere brings a session", async () => {
    const scene = await setScene({ devicePollSeconds: 1 });
    const approving: Promise<unknown>[] = [];
    const host: FakeHost = {
      ...scene.host,
      clock: {
        now: () => scene.host.clock.now(),
        // The first pause between two polls is when the person acts.
        async sleep() {
          const code = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(scene.host.output())?.[0];
          if (approving.length === 0 && code !== undefined) approving.push(scene.issuer.approveDevice(code));
          await Promise.all(approving);
        },
      },
    };
    const { credential } = await getCredential(scene.request({ "grant-type": "device-code" }), host);
    expect(decodeJwt(credential.token?.reveal() ?? "").unverifiedClaims["sub"]).toBe("anna");
    expect(approving).toHaveLength(1);
    expectNoLeak(scene);
  });

  test("an issuer that wants pushed requests gets them", async () => {
    const scene = await setScene({ isPushedRequestRequired: true });
    expect((await scene.get())["sub"]).toBe("anna");
    expect(new URL(scene.host.openedUrls[0] ?? "").searchParams.has("request_uri")).toBe(true);
  });

  test("the token of a sign-in is exchanged for one of the cluster", async () => {
    const scene = await setScene();
    const values = { ...person, "exchange-audience": "cluster-1", "subject-token-type": "id" };
    expect((await scene.get(values))["aud"]).toBe("cluster-1");
    expect((await scene.get(values, true))["aud"]).toBe("cluster-1");
    expect(scene.host.openedUrls).toHaveLength(1);
    expectNoLeak(scene);
  });

  test("a machine gets an access token with a secret", async () => {
    const scene = await setScene({}, machine);
    const { clientId, clientSecret } = scene.issuer.clients.machine;
    const values = { "grant-type": "client-credentials", "client-id": clientId, "client-secret-file": scene.write("secret", clientSecret) };
    expect((await scene.get(values))["client_id"]).toBe(clientId);
    expectNoLeak(scene);
  });

  test("a workload exchanges its token, or hands it in as an assertion", async () => {
    const scene = await setScene({}, machine);
    const file = scene.write("token", await scene.issuer.issueAssertion("bob"));
    const exchange = { "grant-type": "token-exchange", "subject-token-file": file, "subject-token-type": "jwt", audience: "cluster-1" };
    expect(await scene.get(exchange)).toMatchObject({ sub: "bob", aud: "cluster-1" });
    expect(await scene.get({ "grant-type": "jwt-bearer", "assertion-file": file })).toMatchObject({ sub: "bob", aud: "kubepass" });
    expectNoLeak(scene);
  });

  test("a password signs in, and a wrong one is refused", async () => {
    const scene = await setScene({}, machine);
    const account = scene.issuer.accounts[0];
    const values = { "grant-type": "password", "insecure-allow-password-grant": true, username: "anna" };
    expect((await scene.get({ ...values, password: account?.password }))["sub"]).toBe("anna");
    await expect(scene.get({ ...values, audience: "other", password: "wrong" })).rejects.toMatchObject({ code: "ISSUER_REFUSED" });
    expectNoLeak(scene);
  });

  test.each(["private-key-jwt", "tls"])("a client that proves itself by %s signs a person in", async (authentication) => {
    const scene = await setScene({ isClientCertificateRequested: true });
    const { signing, mutualTls } = scene.issuer.clients;
    const certificate = await scene.issuer.authority?.issueClient({ commonName: "client", hosts: [mutualTls.host] });
    const values =
      authentication === "tls"
        ? {
            "client-id": mutualTls.clientId,
            "client-certificate-file": scene.write("client.pem", certificate?.certificatePem ?? ""),
            "client-certificate-key-file": scene.write("client.key", certificate?.privateKeyPem ?? ""),
          }
        : { "client-id": signing.clientId, "client-key-file": scene.write("client.key", signing.privateKeyPem) };
    expect((await scene.get({ ...values, "client-authentication": authentication }))["sub"]).toBe("anna");
    expectNoLeak(scene);
  });
});
