import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { RenderedPage } from "./pages.ts";

// One request a connection: closing the port then never waits for an idle browser.
const everyAnswer: OutgoingHttpHeaders = {
  connection: "close",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

const nothingAllowed = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Answers with a status alone. */
export function sendEmpty(response: ServerResponse, status: number, headers: OutgoingHttpHeaders = {}): void {
  const length = status === 204 ? {} : { "content-length": 0 };
  response.writeHead(status, { ...everyAnswer, "content-security-policy": nothingAllowed, ...length, ...headers });
  response.end();
}

/** Sends the browser on with a GET (RFC 9110 §15.4.4). */
export function sendRedirect(response: ServerResponse, location: string): void {
  sendEmpty(response, 303, { location });
}

/** Answers with a page that may use its own style and inline image and nothing else. */
export function sendPage(response: ServerResponse, status: number, page: RenderedPage): void {
  const body = Buffer.from(page.html, "utf8");
  const policy = `${nothingAllowed}; style-src '${page.styleHash}'; img-src data:`;
  response.writeHead(status, {
    ...everyAnswer,
    "content-security-policy": policy,
    "content-type": "text/html; charset=utf-8",
    "content-length": body.length,
  });
  response.end(body);
}
