import * as fc from "fast-check";
import { isCredentialError } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { applyOverrides, judgeDiscovery, judgeIssuerUrl } from "./judge-discovery.ts";
import { createDiscovery } from "./test-support/issuer.ts";

const issuer = "https://issuer.example/tenant";

function outcomeOf(work: () => unknown): string {
  try {
    return JSON.stringify(work());
  } catch (error) {
    return isCredentialError(error) ? `${error.code}: ${error.message}; ${error.hint}` : `another error: ${String(error)}`;
  }
}

describe("an issuer URL", () => {
  it.each([
    ["https://issuer.example", false, /^"https/],
    ["https://issuer.example/a/", false, /^"https/],
    ["http://issuer.example", false, /^POLICY_REFUSED: the issuer URL http:\/\/issuer.example is not https/],
    ["http://issuer.example", true, /^POLICY_REFUSED/],
    ["http://127.0.0.1:8080", false, /^POLICY_REFUSED/],
    ["http://127.0.0.1:8080", true, /^"http/],
    ["http://localhost:8080", true, /^"http/],
    ["http://[::1]:8080", true, /^"http/],
    ["http://localhost.evil.example", true, /^POLICY_REFUSED/],
    ["issuer.example", false, /^CONFIG_INVALID: the issuer URL is not a URL/],
    ["", false, /^CONFIG_INVALID/],
    ["ftp://issuer.example", false, /^CONFIG_INVALID/],
    ["https:issuer.example", false, /^CONFIG_INVALID/],
    ["https://issuer.example?a=1", false, /^CONFIG_INVALID: .* query/],
    ["https://issuer.example#a", false, /^CONFIG_INVALID: .* fragment/],
    ["https://anna:hunter2@issuer.example", false, /^CONFIG_INVALID: .* user name(?!.*hunter2)/],
    ["https://\u001b[31mred", false, /^CONFIG_INVALID: the issuer URL is not a URL: [^\u001b]*$/],
  ] as const)("%j with http allowed on loopback %s", (text, isInsecureIssuerAllowed, expected) => {
    expect(outcomeOf(() => judgeIssuerUrl(text, { isInsecureIssuerAllowed }))).toMatch(expected);
  });
});

describe("a discovery document", () => {
  it("gives endpoints, lists and switches, and leaves out what is not known", () => {
    const document = createDiscovery(issuer, {
      grant_types_supported: ["authorization_code", 7],
      code_challenge_methods_supported: "S256",
      require_pushed_authorization_requests: true,
      authorization_response_iss_parameter_supported: "yes",
      mtls_endpoint_aliases: { token_endpoint: "https://mtls.example/token", other: 1 },
      device_authorization_endpoint: null,
      x_vendor: { a: 1 },
    });
    expect(judgeDiscovery(JSON.stringify(document), issuer, {})).toEqual({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ["code"],
      id_token_signing_alg_values_supported: ["RS256"],
      grant_types_supported: ["authorization_code"],
      require_pushed_authorization_requests: true,
      mtls_endpoint_aliases: { token_endpoint: "https://mtls.example/token" },
    });
  });

  it.each([
    [
      "of another issuer",
      { issuer: "https://evil.example" },
      /^ISSUER_INVALID: the discovery document is of issuer https:\/\/evil.example, not of https:\/\/issuer.example\/tenant;/,
    ],
    [
      "that differs by a slash",
      { issuer: `${issuer}/` },
      /^ISSUER_INVALID: .*; they differ only in the slash at the end: set the issuer URL to https:\/\/issuer.example\/tenant\/$/,
    ],
    ["that differs by case", { issuer: issuer.toUpperCase() }, /^ISSUER_INVALID/],
    ["without an issuer", { issuer: undefined }, /^ISSUER_INVALID: the discovery document is of issuer nobody/],
    [
      "with an http endpoint",
      { token_endpoint: "http://issuer.example/token" },
      /^POLICY_REFUSED: the token_endpoint http:\/\/issuer.example\/token of the discovery document is not https/,
    ],
    ["with an http key set", { jwks_uri: "http://127.0.0.1/keys" }, /^POLICY_REFUSED/],
    ["with a file endpoint", { revocation_endpoint: "file:///etc/passwd" }, /^POLICY_REFUSED/],
    ["with an endpoint that is no URL", { authorization_endpoint: "/authorize" }, /^ISSUER_INVALID: .* no proper URL/],
    ["with an endpoint that is no string", { authorization_endpoint: ["a"] }, /^ISSUER_INVALID: .* not a string/],
    ["with credentials in an endpoint", { authorization_endpoint: "https://a:b@issuer.example/" }, /^ISSUER_INVALID/],
    ["with a fragment in an endpoint", { authorization_endpoint: "https://issuer.example/#" }, /^ISSUER_INVALID/],
    [
      "with an http alias",
      { mtls_endpoint_aliases: { token_endpoint: "http://issuer.example/" } },
      /^POLICY_REFUSED: the mtls_endpoint_aliases.token_endpoint/,
    ],
    ["with hostile text", { issuer: "https://\u001b]0;owned\u0007\u202eevil" }, /^ISSUER_INVALID: [^\u001b\u0007\u202e]*$/],
  ])("%s is refused", (_what, more, expected) => {
    expect(outcomeOf(() => judgeDiscovery(JSON.stringify(createDiscovery(issuer, more)), issuer, {}))).toMatch(expected);
  });

  it.each([
    ["<!doctype html><title>Sign in</title>", /^ISSUER_INVALID: the answer is a web page instead of a discovery document/],
    ["", /^ISSUER_INVALID: the answer is text that is not JSON/],
    ["[]", /^ISSUER_INVALID: the discovery document is not a JSON object/],
  ])("that is %j is refused", (text, expected) => {
    expect(outcomeOf(() => judgeDiscovery(text, issuer, {}))).toMatch(expected);
  });

  it("fails on any document with its own errors only", () => {
    const member = fc.oneof(fc.jsonValue(), fc.webUrl());
    const documents = fc.dictionary(fc.constantFrom(...Object.keys(createDiscovery(issuer)), "mtls_endpoint_aliases"), member);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          documents.map((value) => JSON.stringify({ ...value, issuer })),
        ),
        (text) => {
          expect(outcomeOf(() => judgeDiscovery(text, issuer, {}))).not.toContain("another error");
        },
      ),
    );
  });
});

describe("configured endpoints", () => {
  it("take the place of the published ones", () => {
    const server = judgeDiscovery(JSON.stringify(createDiscovery(issuer)), issuer, {});
    expect(
      applyOverrides(
        server,
        { token: "https://t.example/", jwks: "https://k.example/", device_authorization: "https://d.example/", revocation: undefined },
        {},
      ),
    ).toEqual({
      ...server,
      token_endpoint: "https://t.example/",
      jwks_uri: "https://k.example/",
      device_authorization_endpoint: "https://d.example/",
    });
  });

  it.each([
    ["http://t.example/", /^POLICY_REFUSED: the configured token endpoint/],
    ["t.example", /^CONFIG_INVALID: the configured token endpoint is not a URL/],
  ])("such as %s are refused", (token, expected) => {
    expect(outcomeOf(() => applyOverrides({ issuer }, { token }, {}))).toMatch(expected);
  });
});
