import { createHash } from "node:crypto";
import { CredentialError } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { escapeHtml, type Page, renderPage } from "./pages.ts";

const error = new CredentialError("TOKEN_INVALID", "the ID token has the wrong audience", { hint: "check the client id" });
const pages: readonly Page[] = [
  { kind: "signed-in", account: "anna@example.com", cluster: "api.example.com" },
  { kind: "signed-in" },
  { kind: "failed", error, cluster: "api.example.com" },
  { kind: "stray" },
  { kind: "replayed" },
];

describe.each(pages.map((page) => [page.kind, renderPage(page)] as const))("the page %s", (_, page) => {
  it("needs no script and nothing from anywhere", () => {
    expect(page.html).not.toMatch(/<script|javascript:|\son\w+=|url\(|@import|https?:\/\//i);
    expect(page.html.match(/(?:src|href)="[^"]*"/g)).toEqual(['href="data:,"']);
  });

  it("has a style that its hash lets through", () => {
    const style = /<style>([^]*)<\/style>/.exec(page.html)?.[1] ?? "";
    expect(page.styleHash).toBe(`sha256-${createHash("sha256").update(style).digest("base64")}`);
    expect(page.html).not.toContain(" style=");
  });

  it("says its language, title, width, and one heading", () => {
    expect(page.html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page.html).toMatch(/<title>.+ · kubepass<\/title>/);
    expect(page.html).toContain('content="width=device-width, initial-scale=1"');
    expect(page.html.match(/<h1>/g)).toHaveLength(1);
    expect(page.html).toMatch(/role="(?:status|alert)"/);
  });
});

it("a success names account and cluster", () => {
  const { html } = renderPage({ kind: "signed-in", account: "anna@example.com", cluster: "api.example.com" });
  expect(html).toContain("anna@example.com");
  expect(html).toContain("api.example.com");
  expect(html).toContain("You can close this page");
});

it("a failure shows code, message and hint as the terminal does", () => {
  const { html } = renderPage({ kind: "failed", error });
  for (const text of ["TOKEN_INVALID", error.message, "check the client id", 'role="alert"']) expect(html).toContain(text);
});

it.each([
  ["markup", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"],
  ["quotes and entities", `"'&amp;`, "&quot;&#39;&amp;amp;"],
  ["terminal controls", "a\u001b[31mb\u0007", "a[31mb"],
  ["hidden and turning characters", "a\u202eb\u200bc", "abc"],
])("text with %s is made harmless", (_, text, html) => {
  expect(escapeHtml(text)).toBe(html);
});

it("a hostile account, cluster or message stays text", () => {
  const hostile = `</dd><img src=x onerror="alert(1)">`;
  const failure = new CredentialError("ISSUER_REFUSED", hostile, { hint: hostile });
  for (const page of [
    renderPage({ kind: "signed-in", account: hostile, cluster: hostile }),
    renderPage({ kind: "failed", error: failure, cluster: hostile }),
  ]) {
    expect(page.html).not.toContain("<img");
    expect(page.html).toContain("&lt;img");
  }
});

it("a very long name is cut", () => {
  expect(renderPage({ kind: "signed-in", account: "a".repeat(100_000) }).html.length).toBeLessThan(8000);
});
