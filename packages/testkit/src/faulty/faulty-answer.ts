import type { ServerResponse } from "node:http";

/** An answer, good or broken. */
export interface FaultyAnswer {
  /** 200 by default. */
  readonly status?: number;
  /** By default JSON for values, HTML for texts. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  /** Nothing is sent before this resolves. */
  readonly after?: Promise<unknown>;
  /** What becomes of the connection: broken before or within the answer, or left open without a word or after half of the body. */
  readonly connection?: "dropped" | "dropped-within" | "silent" | "stalled";
  /** The body comes in pieces, with a pause after each. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number };
}

function toBytes(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (typeof body === "string") return Buffer.from(body);
  return Buffer.from(body === undefined ? "" : JSON.stringify(body));
}

function toHeaders({ headers = {}, body }: FaultyAnswer): Readonly<Record<string, string>> {
  const isText = typeof body === "string";
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { "content-type": isText ? "text/html; charset=utf-8" : "application/json", "cache-control": "no-store", ...lower };
}

function drip(response: ServerResponse, bytes: Buffer, pace: { readonly bytes: number; readonly everyMs: number }): void {
  let sent = 0;
  const timer = setInterval(() => {
    response.write(bytes.subarray(sent, sent + pace.bytes));
    sent += pace.bytes;
    if (sent < bytes.length) return;
    clearInterval(timer);
    response.end();
  }, pace.everyMs);
  response.on("close", () => clearInterval(timer));
}

function sendHalf(response: ServerResponse, bytes: Buffer, isDropped: boolean): void {
  // The length promises more than will ever come.
  response.setHeader("content-length", bytes.length + 1);
  response.write(bytes.subarray(0, Math.max(1, Math.floor(bytes.length / 2))), () => {
    if (isDropped) response.destroy();
  });
}

/** Sends an answer, or breaks off as it says. */
export async function sendFaultyAnswer(response: ServerResponse, answer: FaultyAnswer): Promise<void> {
  await answer.after;
  if (answer.connection === "silent") return;
  if (answer.connection === "dropped") return void response.destroy();
  const bytes = toBytes(answer.body);
  response.statusCode = answer.status ?? 200;
  for (const [name, value] of Object.entries(toHeaders(answer))) response.setHeader(name, value);
  if (answer.connection !== undefined) return sendHalf(response, bytes, answer.connection === "dropped-within");
  if (answer.drip !== undefined) return drip(response, bytes, answer.drip);
  response.end(bytes);
}

/** An OAuth error (RFC 6749 §5.2). */
export function formatOAuthError(error: string, description?: string, status = 400): FaultyAnswer {
  return { status, body: description === undefined ? { error } : { error, error_description: description } };
}

/** What servers, proxies and portals on the way answer instead of an issuer, for fault tables. */
export const commonFaults: Readonly<Record<string, FaultyAnswer>> = {
  "404": { status: 404, body: "<html><body>not found</body></html>" },
  "500": { status: 500, body: "<html><body>internal server error</body></html>" },
  "503 with Retry-After": { status: 503, headers: { "retry-after": "1" }, body: "busy" },
  "a page instead of JSON": { body: "<!doctype html><title>Welcome to the airport wifi</title>" },
  "a redirect": { status: 302, headers: { location: "https://elsewhere.example/" } },
  "an empty body": { headers: { "content-type": "application/json" }, body: "" },
  "JSON cut short": { headers: { "content-type": "application/json" }, body: '{"issuer": "https://' },
  "JSON that is no object": { headers: { "content-type": "application/json" }, body: "[1, 2, 3]" },
  "bytes that are no text": { headers: { "content-type": "application/json" }, body: Buffer.from([0xff, 0xfe, 0x00, 0x80]) },
  "8 MiB": { headers: { "content-type": "application/json" }, body: `{"x":"${"x".repeat(8 * 1024 * 1024)}"}` },
  "a dropped connection": { connection: "dropped" },
  "a connection dropped within the answer": { body: { issuer: "https://half.example" }, connection: "dropped-within" },
};
