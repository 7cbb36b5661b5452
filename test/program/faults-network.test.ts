import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CertificateAuthority, createCertificateAuthority } from "@kubepass/testkit";
import { beforeAll, describe, expect, test } from "vitest";
import { checkFailure, type FaultScene, getToken, left, setScene, useExecutable } from "./fault-scene.ts";

// Certificates, proxies and clocks.

useExecutable();

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await createCertificateAuthority("the issuer's authority");
});

function writeAuthority(scene: FaultScene, text: string): readonly string[] {
  const path = join(scene.user.folder, "authority.pem");
  writeFileSync(path, text);
  return ["--certificate-authority", path];
}

const untrusted = { code: "TLS_UNTRUSTED", exit: 5 };
const unreadable = { code: "FILE_UNREADABLE", exit: 2 };

describe("an issuer's certificate", () => {
  test("of a given authority is trusted", async () => {
    const scene = await setScene({ authority });
    getToken(await scene.signIn(writeAuthority(scene, authority.certificatePem)));
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("of an unknown authority is refused, with the option that would trust it", async () => {
    const scene = await setScene({ authority });
    checkFailure(await scene.run(), { ...untrusted, says: /not trusted here|self-signed/, hint: /--certificate-authority/ });
    expect([scene.issuer.requests.length, await scene.left()]).toEqual([0, left.failure]);
  });

  test("of another authority than the given one is refused", async () => {
    const scene = await setScene({ authority });
    const other = await createCertificateAuthority("another authority");
    checkFailure(await scene.run(writeAuthority(scene, other.certificatePem)), untrusted);
    expect([scene.issuer.requests.length, await scene.left()]).toEqual([0, left.failure]);
  });

  test("that has expired is refused, and the clock is named", async () => {
    const scene = await setScene({ authority, certificate: await authority.issueExpiredServer() });
    const ended = await scene.run(writeAuthority(scene, authority.certificatePem));
    checkFailure(ended, { ...untrusted, says: /has expired/, hint: /clock/ });
    expect([scene.issuer.requests.length, await scene.left()]).toEqual([0, left.failure]);
  });

  test("for another name is refused", async () => {
    const scene = await setScene({ authority, certificate: await authority.issueServer({ hosts: ["elsewhere.example"] }) });
    const ended = await scene.run(writeAuthority(scene, authority.certificatePem));
    checkFailure(ended, { ...untrusted, says: /for another name/ });
    expect([scene.issuer.requests.length, await scene.left()]).toEqual([0, left.failure]);
  });
});

// The administrator may read every file, unless that right is taken away first.
const mayReadAll = process.geteuid?.() === 0;
const asOrdinaryUser = mayReadAll ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [];

describe("a certificate authority", () => {
  const mangled = "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
  test.each([
    ["holds something else", "hello", /no certificate/],
    ["is empty", "", /no certificate|is empty/],
    ["holds a certificate that is none", mangled, /cannot be read/],
  ])("file that %s is named", async (_, text, says) => {
    const scene = await setScene({ authority });
    checkFailure(await scene.run(writeAuthority(scene, text)), { ...unreadable, says, hint: /./ });
    expect([scene.issuer.requests.length, await scene.left()]).toEqual([0, left.failure]);
  });

  test("file that is not there is named with its path", async () => {
    const scene = await setScene({ authority });
    const ended = await scene.run(["--certificate-authority", "/nonexistent/authority.pem"]);
    checkFailure(ended, { ...unreadable, says: /\/nonexistent\/authority\.pem/ });
    expect([scene.issuer.requests.length, await scene.left()]).toEqual([0, left.failure]);
  });

  test("file that is a folder is named with its path", async () => {
    const scene = await setScene({ authority });
    const path = join(scene.user.folder, "authorities");
    mkdirSync(path);
    checkFailure(await scene.run(["--certificate-authority", path]), { ...unreadable, says: /authorities/ });
    expect([scene.issuer.requests.length, await scene.left()]).toEqual([0, left.failure]);
  });

  test("file that may not be read is named with its path", async () => {
    const scene = await setScene({ authority });
    const args = writeAuthority(scene, authority.certificatePem);
    chmodSync(join(scene.user.folder, "authority.pem"), 0);
    const ended = await scene.run(args, { through: asOrdinaryUser });
    checkFailure(ended, { ...unreadable, says: /authority\.pem.*EACCES|EACCES.*authority\.pem/ });
    expect([scene.issuer.requests.length, await scene.left()]).toEqual([0, left.failure]);
  });

  test("as data that is none is a mistake in the options", async () => {
    const scene = await setScene({ authority });
    const ended = await scene.run(["--certificate-authority-data", "aGVsbG8="]);
    checkFailure(ended, { code: "CONFIG_INVALID", exit: 2, says: /certificate-authority-data/ });
    expect([scene.issuer.requests.length, await scene.left()]).toEqual([0, left.nothing]);
  });
});

test("a proxy that is not there is named, and not the issuer, and its password stays unsaid", async () => {
  const scene = await setScene();
  const password = "the password of a proxy".replaceAll(" ", "-");
  const args = ["get-token", "oidc", "--issuer-url", "https://issuer.example", "--client-id", "kubepass", "--interaction", "open"];
  const ended = await scene.startCommand(args, { variables: { HTTPS_PROXY: `http://anna:${password}@127.0.0.1:9` } }).ended;
  checkFailure(ended, { code: "PROXY_FAILED", exit: 5, says: /127\.0\.0\.1:9/ });
  expect(ended.stderr).not.toContain(password);
  expect(await scene.left()).toEqual(left.failure);
});

const minuteMs = 60_000;

describe("a clock", () => {
  test("ten minutes behind the issuer's is named, with how far it is off", async () => {
    const scene = await setScene({ now: () => new Date(Date.now() + 10 * minuteMs) });
    const says = /from the future by 10 min.*clock may be 10 min behind/;
    checkFailure(await scene.signIn(), { code: "TOKEN_TIME_INVALID", exit: 1, says, hint: /clock and time zone/ });
    expect(await scene.left()).toEqual(left.failureAfterKeys);
  });

  test("ten minutes ahead of the issuer's is named when the token has expired on arrival", async () => {
    const scene = await setScene({ now: () => new Date(Date.now() - 10 * minuteMs) });
    scene.issuer.lifetimeSeconds = 300;
    const says = /expired 5 min ago.*clock may be 10 min ahead of/;
    checkFailure(await scene.signIn(), { code: "TOKEN_TIME_INVALID", exit: 1, says, hint: /clock and time zone/ });
    expect(await scene.left()).toEqual(left.failureAfterKeys);
  });

  test("ten minutes ahead costs ten minutes of a longer life, and no more", async () => {
    const scene = await setScene({ now: () => new Date(Date.now() - 10 * minuteMs) });
    scene.issuer.lifetimeSeconds = 3600;
    getToken(await scene.signIn());
    expect(await scene.left()).toEqual(left.signedIn);
  });

  test("off by less than the tolerance still leaves no credential that has ended", async () => {
    const scene = await setScene({ now: () => new Date(Date.now() - 10 * minuteMs) });
    scene.issuer.lifetimeSeconds = 10 * 60 - 30;
    checkFailure(await scene.signIn(), { code: "CREDENTIAL_INVALID", exit: 1, says: /a credential that ended at/ });
    expect(await scene.left()).toEqual(left.failureAfterKeys);
  });

  test("off during a refresh keeps the session", async () => {
    let aheadMs = 0;
    const scene = await setScene({ now: () => new Date(Date.now() + aheadMs) });
    getToken(await scene.signIn());
    scene.user.forgetRuntime();
    aheadMs = 10 * minuteMs;
    checkFailure(await scene.run(), { code: "TOKEN_TIME_INVALID", exit: 1, hint: /clock/ });
    expect(await scene.left()).toEqual(left.failureWithSession);
    aheadMs = 0;
    scene.user.passTime(left.attempts, minuteMs);
    getToken(await scene.run());
    expect(scene.user.opened()).toHaveLength(1);
  });
});
