import { createHash } from "node:crypto";
import { type CredentialError, formatPrintable } from "@kubepass/wire";
import { pageStyle } from "./page-style.ts";

/** A page that ends a sign-in. */
export type ResultPage =
  | { readonly kind: "signed-in"; readonly account?: string | undefined; readonly cluster?: string | undefined }
  | { readonly kind: "failed"; readonly error: CredentialError; readonly cluster?: string | undefined };

/** Every page that the listener shows. */
export type Page = ResultPage | { readonly kind: "stray" } | { readonly kind: "replayed" };

/** A whole document without scripts, and the hash that lets its style pass the content security policy. */
export interface RenderedPage {
  readonly html: string;
  readonly styleHash: string;
}

interface PageText {
  readonly tone: "good" | "bad" | "calm";
  readonly title: string;
  readonly lead: string;
  readonly facts: readonly Fact[];
}

interface Fact {
  readonly label: string;
  readonly text: string;
  readonly form: "name" | "prose" | "code";
}

const strokes = {
  good: '<path d="M5 12.5l4.5 4.5L19 7.5"/>',
  bad: '<path d="M12 6.5v7"/><path d="M12 17.5v.01"/>',
  calm: '<path d="M12 11v6.5"/><path d="M12 6.5v.01"/>',
} as const;

const emblem =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><rect x="3" y="6" width="18" height="12" rx="2.5"/><path d="M15 6v2M15 11v2M15 16v2"/></svg>';

const htmlEscapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text from anywhere made fit for HTML content and attributes; one line, nothing invisible, at most 400 characters. */
export function escapeHtml(text: string): string {
  return formatPrintable(text, 400).replace(/[&<>"']/g, (character) => htmlEscapes[character] ?? "");
}

function describeSuccess(page: Extract<Page, { kind: "signed-in" }>): PageText {
  const facts: Fact[] = [];
  if (page.account !== undefined) facts.push({ label: "Account", text: page.account, form: "name" });
  if (page.cluster !== undefined) facts.push({ label: "Cluster", text: page.cluster, form: "name" });
  return { tone: "good", title: "You are signed in", lead: "You can close this page and go back to your terminal.", facts };
}

function describeFailure(page: Extract<Page, { kind: "failed" }>): PageText {
  const { error } = page;
  const facts: Fact[] = [{ label: "What happened", text: error.message, form: "prose" }];
  if (error.hint !== undefined) facts.push({ label: "What to do", text: error.hint, form: "prose" });
  if (page.cluster !== undefined) facts.push({ label: "Cluster", text: page.cluster, form: "name" });
  facts.push({ label: "Code", text: error.code, form: "code" });
  return { tone: "bad", title: "The sign-in failed", lead: "Your terminal says the same. You can close this page.", facts };
}

function describePage(page: Page): PageText {
  switch (page.kind) {
    case "signed-in":
      return describeSuccess(page);
    case "failed":
      return describeFailure(page);
    case "stray":
      return {
        tone: "calm",
        title: "This page belongs to another sign-in",
        lead: "It changed nothing here. Go on in the page that your terminal opened last.",
        facts: [],
      };
    case "replayed":
      return {
        tone: "calm",
        title: "This sign-in was already answered",
        lead: "It takes one answer only, and this one changed nothing. Your terminal says how it ended.",
        facts: [],
      };
  }
}

function renderFact({ label, text, form }: Fact): string {
  const html = escapeHtml(text);
  return `<div><dt>${label}</dt><dd class="${form}">${form === "code" ? `<code>${html}</code>` : html}</dd></div>`;
}

/** Draws a page. All text in it is escaped, and it asks for nothing over the network. */
export function renderPage(page: Page): RenderedPage {
  const { tone, title, lead, facts } = describePage(page);
  const list = facts.map((fact) => renderFact(fact)).join("\n");
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title} · kubepass</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>
<main>
<div role="${tone === "bad" ? "alert" : "status"}">
<div class="mark ${tone}"><svg viewBox="0 0 24 24" aria-hidden="true">${strokes[tone]}</svg></div>
<h1>${title}</h1>
<p class="lead">${lead}</p>
</div>
${list === "" ? "" : `<dl>\n${list}\n</dl>`}
</main>
<footer>${emblem}kubepass</footer>
</body>
</html>
`;
  return { html, styleHash: `sha256-${createHash("sha256").update(pageStyle).digest("base64")}` };
}
