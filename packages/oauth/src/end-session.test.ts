import { Secret } from "@kubepass/wire";
import { expect, test } from "vitest";
import { formatEndSessionUrl } from "./end-session.ts";

const client = { client_id: "kubepass" };

test("an issuer without a logout page has none", () => {
  expect(formatEndSessionUrl({ server: { issuer: "https://issuer.example" }, client }, undefined)).toBeUndefined();
});

test("the page is told the client and the ID token, and keeps its own query", () => {
  const server = { issuer: "https://issuer.example", end_session_endpoint: "https://issuer.example/logout?realm=one" };
  const url = formatEndSessionUrl({ server, client }, new Secret("a.b.c"));
  expect(url?.reveal()).toBe("https://issuer.example/logout?realm=one&client_id=kubepass&id_token_hint=a.b.c");
  expect(String(url)).toBe("[secret]");
});
