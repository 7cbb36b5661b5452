import assert from "node:assert/strict";
import { execCredentialVersions, formatCanonicalJson, isCredentialError, parseExecCredential, type Credential } from "@kubepass/wire";
import { createRequest } from "./create-request.ts";
import { endSignIn } from "../end-sign-in.ts";
import { getCredential } from "../get-credential.ts";
import type { Provider } from "../provider.ts";
import { printCredential } from "../run-plugin.ts";
import { createFakeHost, type FakeHost, type FakeHostOptions } from "./fake-host.ts";
import type { TestFunction } from "./session-store-suite.ts";

/** What the suite needs to know of a provider. */
export interface ProviderSuite {
  /** A provider whose sign-in succeeds, with the person played by `hostOptions`. */
  create(): Provider | Promise<Provider>;
  readonly hostOptions?: FakeHostOptions;
}

function findSecrets(credential: Credential): string[] {
  return [credential.token, credential.clientCertificate?.privateKeyPem].flatMap((secret) =>
    secret === undefined ? [] : [secret.reveal()],
  );
}

/** What every {@link Provider} must do, seen through the real pipeline. Three lines in a test file of your own. */
export function testProvider(test: TestFunction, name: string, suite: ProviderSuite): void {
  const withHost = async (body: (host: FakeHost, provider: Provider) => Promise<void>): Promise<void> => {
    const host = createFakeHost(suite.hostOptions);
    try {
      await body(host, await suite.create());
    } finally {
      host.remove();
    }
  };

  test(`${name}: its identity is plain JSON and the same each time`, () =>
    withHost(async (_host, provider) => {
      const text = formatCanonicalJson(provider.identity);
      assert.deepEqual(formatCanonicalJson(JSON.parse(text)), text);
      assert.equal(formatCanonicalJson((await suite.create()).identity), text);
    }));

  test(`${name}: both protocol versions get one parsable line`, () =>
    withHost(async (host, provider) => {
      for (const apiVersion of execCredentialVersions) {
        const line = await printCredential({ ...createRequest(provider), execInfo: { apiVersion } }, host);
        assert.match(line, /^[^\n]+\n$/);
        parseExecCredential(line, apiVersion);
      }
    }));

  test(`${name}: what is handed out is told to end before it does, and is not ended now`, () =>
    withHost(async (host, provider) => {
      const { credential, renewAt } = await getCredential(createRequest(provider), host);
      if (credential.expiresAt === undefined) return;
      assert.ok(renewAt !== undefined && renewAt < credential.expiresAt && renewAt > host.clock.now());
    }));

  test(`${name}: the second call is served from the cache`, () =>
    withHost(async (host, provider) => {
      const first = await getCredential(createRequest(provider), host);
      if (first.renewAt === undefined) return;
      const broken: Provider = {
        name: provider.name,
        identity: provider.identity,
        sourceFingerprint: provider.sourceFingerprint,
        signIn: () => Promise.reject(new Error("signed in twice")),
      };
      const second = await getCredential(createRequest(broken), host);
      assert.deepEqual(findSecrets(second.credential), findSecrets(first.credential));
    }));

  test(`${name}: nobody is asked where asking is forbidden`, () =>
    withHost(async (host, provider) => {
      try {
        await getCredential(createRequest(provider, { interaction: "never" }), host);
      } catch (error) {
        assert.ok(isCredentialError(error, "LOGIN_REQUIRED"), String(error));
        assert.ok(error.hint);
      }
      assert.deepEqual(host.openedUrls, []);
    }));

  test(`${name}: nothing printed or logged shows a secret`, () =>
    withHost(async (host, provider) => {
      const { credential } = await getCredential(createRequest(provider), host);
      for (const secret of findSecrets(credential)) assert.ok(!host.output().includes(secret));
      for (const item of host.keyringItems.values()) assert.ok(!host.output().includes(item));
    }));

  test(`${name}: an interrupted sign-in ends at once`, () =>
    withHost(async (host, provider) => {
      host.interrupt();
      await assert.rejects(getCredential(createRequest(provider), host), (error) => isCredentialError(error, "INTERRUPTED"));
    }));

  test(`${name}: signing out leaves nothing here`, () =>
    withHost(async (host, provider) => {
      await getCredential(createRequest(provider), host);
      await endSignIn(createRequest(provider), host);
      assert.equal((await endSignIn(createRequest(provider), host)).wasSignedIn, false);
      assert.equal(host.keyringItems.size, 0);
    }));
}
