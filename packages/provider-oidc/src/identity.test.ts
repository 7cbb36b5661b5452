import type { OptionValues } from "@kubepass/plugin-sdk";
import { formatCanonicalJson } from "@kubepass/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseOidcOptions } from "./options.ts";
import { createOidcProvider } from "./provider.ts";

const least: OptionValues = { "issuer-url": "https://issuer.example/realms/one", "client-id": "kubepass" };

function provide(values: OptionValues): ReturnType<typeof createOidcProvider> {
  return createOidcProvider(parseOidcOptions({ ...least, ...values }));
}

function identityOf(values: OptionValues): string {
  return formatCanonicalJson(provide(values).identity);
}

describe("the identity", () => {
  test("is the same for the same options in another order, with any number of map and list members", () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 6 }),
        fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), word, { maxKeys: 6 }),
        fc.dictionary(fc.stringMatching(/^p_[a-z]{1,8}$/), word, { maxKeys: 6 }),
        fc.infiniteStream(fc.nat()),
        (words, headers, parameters, random) => {
          const shuffle = <Item>(items: readonly Item[]): Item[] =>
            items
              .map((item) => ({ item, rank: random.next().value ?? 0 }))
              .toSorted((one, other) => one.rank - other.rank)
              .map(({ item }) => item);
          const shuffleMap = (map: Record<string, string>): Record<string, string> => Object.fromEntries(shuffle(Object.entries(map)));
          const values = { "extra-scope": words, resource: words, "request-header": headers, "auth-request-extra-params": parameters };
          const shuffled = {
            "auth-request-extra-params": shuffleMap(parameters),
            "request-header": shuffleMap(headers),
            resource: shuffle([...words, ...words]),
            "extra-scope": shuffle(words),
          };
          expect(identityOf(shuffled)).toBe(identityOf(values));
        },
      ),
    );
  });

  test.each<[string, OptionValues]>([
    ["issuer", { "issuer-url": "https://issuer.example/realms/two" }],
    ["client", { "client-id": "other" }],
    ["account", { account: "anna" }],
    ["login hint", { "login-hint": "anna" }],
    ["scope", { "extra-scope": ["groups"] }],
    ["token kind", { "use-access-token": true }],
    ["audience", { audience: "cluster" }],
    ["resource", { resource: ["https://cluster"] }],
    ["exchange", { "exchange-audience": "cluster" }],
    ["exchanged token", { "exchange-audience": "cluster", "subject-token-type": "id" }],
    ["parameter", { "auth-request-extra-params": { organization: "a" } }],
    ["header", { "request-header": { "X-Tenant": "a" } }],
    ["token endpoint", { "token-endpoint": "https://issuer.example/token" }],
    ["endpoint of pushed requests", { "pushed-authorization-request-endpoint": "https://issuer.example/par" }],
    ["discovery URL", { "discovery-url": "https://inner.example/" }],
    ["unchecked TLS", { "insecure-skip-tls-verify": true }],
    ["client credentials", { "grant-type": "client-credentials", "token-kind": "id" }],
    ["password of anna", { "grant-type": "password", "insecure-allow-password-grant": true, username: "anna" }],
    ["password of bert", { "grant-type": "password", "insecure-allow-password-grant": true, username: "bert" }],
    ["subject token", { "grant-type": "token-exchange", "subject-token-file": "a" }],
    ["other subject token", { "grant-type": "token-exchange", "subject-token-file": "b" }],
    ["subject token command", { "grant-type": "token-exchange", "subject-token-command": ["a", "b"] }],
    ["assertion", { "grant-type": "jwt-bearer", "assertion-file": "a" }],
  ])("is another one for another %s", (_what, values) => {
    expect(identityOf(values)).not.toBe(identityOf({}));
  });

  test("tells every pair of the above apart", () => {
    const all = [
      {},
      { account: "anna" },
      { "login-hint": "anna" },
      { "extra-scope": ["anna"] },
      { audience: "anna" },
      { resource: ["anna"] },
    ];
    expect(new Set(all.map((values) => identityOf(values))).size).toBe(all.length);
  });

  test.each<[string, OptionValues]>([
    ["way for a person to sign in", { "grant-type": "device-code" }],
    ["port", { "listen-address": ["127.0.0.1:8000"] }],
    ["time to sign in", { "sign-in-timeout": 20 }],
    ["page", { "open-url-after-sign-in": "https://wiki.example" }],
    ["authority", { "certificate-authority": ["ca.pem"] }],
    ["client secret", { "client-secret": "s3cret" }],
    ["wish for a session", { "no-offline-access": true }],
    ["scope that is asked for anyway", { "extra-scope": ["openid", "offline_access"] }],
    ["DPoP setting", { dpop: "never" }],
  ])("is the same whatever the %s", (_what, values) => {
    expect(identityOf(values)).toBe(identityOf({}));
  });

  test("shows no secret", () => {
    const identity = identityOf({
      "grant-type": "token-exchange",
      "client-secret": "s3cret-1",
      "request-header": { "X-Api-Key": "s3cret-2" },
      "subject-token-command": ["fetch", "--key=s3cret-3"],
    });
    expect(identity).not.toContain("s3cret");
  });
});

describe("the label", () => {
  test.each<[OptionValues, string]>([
    [{}, "issuer.example/realms/one"],
    [{ account: "anna" }, "anna at issuer.example/realms/one"],
    [{ "issuer-url": "https://issuer.example/", "login-hint": "bert" }, "bert at issuer.example"],
    [{ "grant-type": "client-credentials" }, "client kubepass at issuer.example/realms/one"],
    [{ "grant-type": "password", "insecure-allow-password-grant": true, username: "carl" }, "carl at issuer.example/realms/one"],
  ])("of %j is %s", (values, label) => {
    expect(provide(values).label).toBe(label);
  });
});

describe("whether a person is needed", () => {
  test.each<[OptionValues, boolean]>([
    [{}, true],
    [{ "grant-type": "authorization-code" }, true],
    [{ "grant-type": "device-code" }, true],
    [{ "grant-type": "client-credentials" }, false],
    [{ "grant-type": "token-exchange", "subject-token-file": "a" }, false],
    [{ "grant-type": "jwt-bearer", "assertion-file": "a" }, false],
    [{ "grant-type": "password", "insecure-allow-password-grant": true, username: "a" }, true],
    [{ "grant-type": "password", "insecure-allow-password-grant": true, username: "a", "password-file": "b" }, false],
  ])("is known beforehand for %j", (values, isNeeded) => {
    expect(provide(values).needsPerson).toBe(isNeeded);
  });
});
