import type { Clock, CredentialRequest, OptionValues, Person, Provider, SignInContext } from "@kubepass/plugin-sdk";
import { createFakeHost, type FakeHost, type FakeHostOptions } from "@kubepass/plugin-sdk/testing";
import { CredentialError } from "@kubepass/wire";
import { onTestFinished } from "vitest";
import { parseOidcOptions } from "../options.ts";
import { createOidcProvider } from "../provider.ts";
import { startStubIssuer, type StubIssuer } from "./stub-issuer.ts";

/** One issuer, one machine, one person: what most tests play in. */
export interface Scene {
  readonly issuer: StubIssuer;
  readonly host: FakeHost;
  provide(values?: OptionValues): Provider;
  request(values?: OptionValues, change?: Partial<CredentialRequest["settings"]>): CredentialRequest;
  /** A context of its own, for calling a provider without the pipeline; `person` absent: nobody may be asked. */
  context(person?: Partial<Person>): SignInContext;
}

// The person agrees at once. The page that the browser lands on waits for the sign-in, so nobody may wait for the browser.
function visit(url: string): boolean {
  fetch(url).then(
    (page) => page.text(),
    () => undefined,
  );
  return true;
}

/**
 * Pauses between tries pass at once; a wait as long as a person's patience ends only when it is called off,
 * or the fake clock would run out while the browser is still answering.
 */
export function waitForPeople(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    async sleep(durationMs, signal) {
      if (durationMs < 60_000) return await clock.sleep(durationMs, signal);
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
    },
  };
}

/** Sets the scene; everything is gone when the test is over. */
export async function setScene(hostOptions: FakeHostOptions = {}): Promise<Scene> {
  const fake = createFakeHost({ openBrowser: visit, ...hostOptions });
  const host: FakeHost = { ...fake, clock: waitForPeople(fake.clock) };
  const issuer = await startStubIssuer(() => host.clock.now());
  onTestFinished(async () => {
    await issuer.close();
    host.remove();
  });
  const provide = (values: OptionValues = {}): Provider =>
    createOidcProvider(
      parseOidcOptions({ "issuer-url": issuer.url, "client-id": "kubepass", "insecure-allow-http-issuer": true, ...values }),
    );
  return {
    issuer,
    host,
    provide,
    request: (values, change = {}) => ({
      provider: provide(values),
      execInfo: { apiVersion: "client.authentication.k8s.io/v1" },
      settings: { interaction: "auto", sessionStore: "auto", loginHint: "run: kubepass login", ...change },
    }),
    context(person) {
      const full: Person = {
        canOpenBrowser: true,
        canAnswer: false,
        show: (text) => host.terminal.write(text),
        open: async (url) => await host.browser.open(url),
        ask: async () => undefined,
        ...person,
      };
      return {
        host,
        cluster: undefined,
        signal: host.signal,
        canAskPerson: person !== undefined,
        announceEnd: () => {},
        keepSession: () => Promise.resolve(),
        async requestPerson() {
          if (person === undefined) throw new CredentialError("LOGIN_REQUIRED", "nobody may be asked");
          return full;
        },
      };
    },
  };
}
