import type { OptionValues } from "@kubepass/plugin-sdk";
import { isCredentialError } from "@kubepass/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { oidcOptions, parseOidcOptions } from "./options.ts";

const least: OptionValues = { "issuer-url": "https://issuer.example", "client-id": "kubepass" };

/** What a `CONFIG_INVALID` says; any other error is thrown on. */
function problemsOf(values: OptionValues): string {
  try {
    parseOidcOptions(values);
    return "";
  } catch (error) {
    if (isCredentialError(error, "CONFIG_INVALID")) return error.message;
    throw error;
  }
}

describe("the options of the OIDC provider", () => {
  test("an issuer and a client id are enough", () => {
    expect(parseOidcOptions(least)).toMatchObject({
      issuer: "https://issuer.example",
      clientId: "kubepass",
      grant: { type: "auto" },
      tokenKind: "id",
      isOfflineAccessWanted: true,
      isDpopAllowed: true,
      person: { timeoutSeconds: 180, ports: [] },
    });
  });

  test("all problems are reported together", () => {
    const message = problemsOf({
      "issuer-url": "http://issuer.example",
      "client-authentication": "basic",
      "grant-type": "implicit",
      "pkce-method": "no",
      "local-server-key": "key.pem",
      "listen-address": ["0.0.0.0:8000"],
      "certificate-authority-data": ["bm8="],
      "max-age": -1,
    });
    for (const part of [
      "issuer-url must be https",
      "client-id is missing",
      "client-authentication=basic needs a client secret",
      "grant-type must be one of auto, authorization-code",
      "pkce-method=no is refused",
      "local-server-certificate and local-server-key need each other",
      "listen-address must be on one of 127.0.0.1",
      "certificate-authority-data must be base64 of PEM",
      "max-age must be a number of seconds",
    ]) {
      expect(message).toContain(part);
    }
  });

  test.each([
    ["an issuer that is no URL", { "issuer-url": "issuer" }, "issuer-url must be an https URL"],
    ["an issuer with a password", { "issuer-url": "https://a:b@issuer.example" }, "issuer-url must have no user, password or fragment"],
    ["an http issuer on loopback without the switch", { "issuer-url": "http://127.0.0.1:5556" }, "set insecure-allow-http-issuer"],
    [
      "an http issuer elsewhere with the switch",
      { "issuer-url": "http://issuer.example", "insecure-allow-http-issuer": true },
      "only possible on a loopback address",
    ],
    ["an endpoint that is no https URL", { "token-endpoint": "ftp://x" }, "token-endpoint must be an https URL"],
    ["turning PKCE off", { "pkce-method": "no" }, "pkce-method=no is refused"],
    ["plain PKCE", { "pkce-method": "plain" }, "pkce-method=plain is refused"],
    ["two client secrets", { "client-secret": "a", "client-secret-file": "b" }, "client-secret and client-secret-file exclude each other"],
    ["a key method without key", { "client-authentication": "private-key-jwt" }, "needs client-key-file"],
    ["a certificate without its key", { "client-certificate-file": "c.pem" }, "need each other"],
    [
      "a password without its grant",
      { username: "anna", password: "x" },
      "username, password can only be used with grant-type=password, which is never chosen by itself",
    ],
    ["the password grant without opting in", { "grant-type": "password", username: "anna" }, "set insecure-allow-password-grant"],
    ["the password grant without a name", { "grant-type": "password", "insecure-allow-password-grant": true }, "username is missing"],
    ["an exchange without a token", { "grant-type": "token-exchange" }, "needs subject-token-file or subject-token-command"],
    ["a subject token without its grant", { "subject-token-file": "t" }, "can only be used with grant-type=token-exchange"],
    [
      "an unreadable token type",
      { "grant-type": "token-exchange", "subject-token-file": "t", "subject-token-type": "oh no" },
      "subject-token-type must be id, access, jwt, saml2 or a URN",
    ],
    ["an assertion grant without assertion", { "grant-type": "jwt-bearer" }, "needs assertion-file"],
    ["an exchange of an exchange", { "grant-type": "token-exchange", "subject-token-file": "t", "exchange-audience": "a" }, "use audience"],
    ["contradicting token kinds", { "use-access-token": true, "token-kind": "id" }, "contradicts token-kind=id"],
    ["a parameter that protects the sign-in", { "auth-request-extra-params": { state: "x", nonce: "y" } }, "must not set state, nonce"],
    ["a header that splits the request", { "request-header": { "X-A": "b\r\nHost: c" } }, "a name or value that HTTP does not allow"],
    ["listening on two hosts", { "listen-address": ["127.0.0.1:0", "localhost:0"] }, "the same for each port"],
    ["a listen address without port", { "listen-address": ["127.0.0.1"] }, "each listen-address must be address:port"],
    ["a callback path with a query", { "callback-path": "/a?b" }, "callback-path must begin with /"],
    ["a redirect URL that is none", { "redirect-url": "::" }, "redirect-url must be a URL"],
    ["no time to sign in", { "sign-in-timeout": 0 }, "sign-in-timeout must be more than 0"],
    ["more time to sign in than a timer has", { "sign-in-timeout": 2_200_000 }, "sign-in-timeout must be at most a day"],
    ["a value of the wrong kind", { "extra-scope": { a: "b" } }, "extra-scope must be a list of texts"],
    ["a number for a text", { account: 5 }, "account must be a text"],
    ["a text for a switch", { "use-access-token": "yes" }, "use-access-token must be true or false"],
    ["a list for a map", { "request-header": ["a"] }, "request-header must be a map of texts"],
  ])("%s is refused", (_what, values, problem) => {
    expect(problemsOf({ ...least, ...(values as OptionValues) })).toContain(problem);
  });

  test.each([
    ["authcode", "authorization-code"],
    ["authcode-keyboard", "authorization-code"],
    ["device-code", "device-code"],
    ["client-credentials", "client-credentials"],
    ["auto", "auto"],
  ])("kubelogin's grant name %s means %s", (name, type) => {
    expect(parseOidcOptions({ ...least, "grant-type": name }).grant).toEqual({ type });
  });

  test("kubelogin's flag names are aliases", () => {
    const known = new Set(oidcOptions.flatMap((spec) => [spec.name, ...(spec.aliases ?? [])]));
    const flags = [
      "oidc-issuer-url",
      "oidc-client-id",
      "oidc-client-secret",
      "oidc-redirect-url",
      "oidc-extra-scope",
      "oidc-use-access-token",

      "oidc-request-header",
      "oidc-auth-request-extra-params",
      "oidc-pkce-method",
      "grant-type",
      "listen-address",
      "certificate-authority",

      "certificate-authority-data",
      "insecure-skip-tls-verify",
      "local-server-cert",
      "local-server-key",
      "open-url-after-authentication",
      "authentication-timeout-sec",
      "username",
      "password",
    ];
    expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
  });

  test("no name or alias is used twice", () => {
    const names = oidcOptions.flatMap((spec) => [spec.name, ...(spec.aliases ?? [])]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("only what names the token may come from a cluster", () => {
    const allowed = oidcOptions.filter((spec) => spec.isAllowedFromCluster).map((spec) => spec.name);
    expect(allowed.toSorted()).toEqual(["audience", "client-id", "extra-scope", "issuer-url", "resource"]);
  });

  test("scopes may be given apart or together, in any order", () => {
    const options = parseOidcOptions({ ...least, "extra-scope": ["groups,email", "profile openid", "groups", "offline_access"] });
    expect(options).toMatchObject({ extraScopes: ["email", "groups", "profile"], isOfflineScopeForced: true });
  });

  test("a client without person gets an access token, unless it asks for an ID token", () => {
    expect(parseOidcOptions({ ...least, "grant-type": "client-credentials" }).tokenKind).toBe("access");
    expect(parseOidcOptions({ ...least, "grant-type": "client-credentials", "token-kind": "id" }).tokenKind).toBe("id");
  });

  test("the host of a listen address goes into the redirect URL", () => {
    const { person } = parseOidcOptions({ ...least, "listen-address": ["[::1]:8000", "[::1]:18000"] });
    expect(person).toMatchObject({ ports: [8000, 18000], redirectHost: "::1" });
  });

  test("values of any shape lead to options or to CONFIG_INVALID, and to nothing else", () => {
    const value = fc.oneof(fc.string(), fc.boolean(), fc.double(), fc.array(fc.string()), fc.dictionary(fc.string(), fc.string()));
    const names = oidcOptions.map((spec) => spec.name);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (values) => {
        expect(problemsOf({ ...least, ...values })).toBeTypeOf("string");
      }),
      { numRuns: 300 },
    );
  });
});
