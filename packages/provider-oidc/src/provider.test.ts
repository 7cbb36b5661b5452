import { readFileSync } from "node:fs";
import { testProvider } from "@kubepass/plugin-sdk/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseOidcOptions } from "./options.ts";
import { createOidcProvider } from "./provider.ts";
import { startStubIssuer, type StubIssuer } from "./test-support/stub-issuer.ts";

let issuer: StubIssuer;

beforeAll(async () => {
  issuer = await startStubIssuer();
});

afterAll(async () => {
  await issuer.close();
});

testProvider(test, "the OIDC provider", {
  create: () =>
    createOidcProvider(
      parseOidcOptions({
        "issuer-url": issuer.url,
        "client-id": "kubepass",
        "insecure-allow-http-issuer": true,
        // The one grant that brings a session without waiting for a browser.
        "grant-type": "password",
        "insecure-allow-password-grant": true,
        username: "anna",
        password: "s3cret",
      }),
    ),
});

/** What a module loads at once, directly or not: neither types nor what is imported later. */
function listLoaded(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(new URL(file, import.meta.url), "utf8");
  for (const [, what = "", from = ""] of text.matchAll(/^(?:import|export) (?!type )([^;]*?) from "([^"]+)";$/gm)) {
    const isTypeOnly = /^\{(\s*type [\w ]+,?)+\s*\}$/.test(what);
    if (from.startsWith("./")) listLoaded(from, seen);
    else if (!isTypeOnly) seen.add(from);
  }
  return seen;
}

test("a cached credential loads nothing that speaks to the network", () => {
  const loaded = listLoaded("./index.ts");
  expect([...loaded].filter((name) => !name.startsWith("./")).toSorted()).toEqual(["@kubepass/plugin-sdk", "@kubepass/wire"]);
  expect(loaded).toContain("./provider.ts");
  expect(loaded).not.toContain("./oidc-source.ts");
});
