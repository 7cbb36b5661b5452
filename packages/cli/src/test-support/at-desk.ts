import type { FakeHostOptions } from "@kubepass/plugin-sdk/testing";
import type { Issuer } from "@kubepass/testkit";

/** The least flags with which to sign in at an issuer of the testkit. */
export function flagsFor(issuer: Issuer): readonly string[] {
  const authority = Buffer.from(issuer.authority?.certificatePem ?? "").toString("base64");
  return [`--issuer-url=${issuer.url}`, "--client-id=kubepass", `--certificate-authority-data=${authority}`];
}

/** A person at a terminal, whose browser signs in at the issuer as that was told. */
export function atDesk(issuer: Issuer, change: FakeHostOptions = {}): FakeHostOptions {
  // The page that the browser lands on waits for the sign-in, so nobody may wait for the browser.
  const openBrowser = (url: string): boolean => {
    issuer.signIn(url).then(
      () => undefined,
      () => undefined,
    );
    return true;
  };
  return { isTerminal: true, variables: { DISPLAY: ":0" }, openBrowser, clock: "turned", ...change };
}
