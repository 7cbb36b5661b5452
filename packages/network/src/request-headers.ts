import { validateHeaderName, validateHeaderValue } from "node:http";
import { CredentialError } from "@kubepass/wire";

// Framing and routing belong to this program; the rest of a request's own headers win by being there.
const reservedNames: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "expect",
  "te",
  "trailer",
]);
const protectedNames: ReadonlySet<string> = new Set(["authorization", "content-type", "dpop"]);

function judgeHeader(name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    throw new CredentialError("CONFIG_INVALID", `the header ${name} has a name or value that HTTP does not allow`);
  }
  if (reservedNames.has(name.toLowerCase())) throw new CredentialError("CONFIG_INVALID", `the header ${name} cannot be set`);
}

/**
 * The headers of a request: its own, and the configured ones, which replace neither `Authorization`, `Content-Type` nor `DPoP`.
 * Throws `CONFIG_INVALID` for a configured header that HTTP does not allow or that frames the message.
 */
export function formatHeaders(
  url: URL,
  own: Readonly<Record<string, string>>,
  configured: Readonly<Record<string, string>>,
  body: string | Uint8Array | undefined,
): Record<string, string> {
  const headers = new Map(Object.entries(own).map(([name, value]) => [name.toLowerCase(), value]));
  for (const [name, value] of Object.entries(configured)) {
    judgeHeader(name, value);
    const key = name.toLowerCase();
    if (!(protectedNames.has(key) && headers.has(key))) headers.set(key, value);
  }
  if (!headers.has("accept")) headers.set("accept", "application/json");
  if (!headers.has("user-agent")) headers.set("user-agent", "kubepass");
  headers.set("accept-encoding", "identity");
  headers.set("host", url.host);
  headers.set("connection", "close");
  if (body !== undefined) headers.set("content-length", String(Buffer.byteLength(body)));
  return Object.fromEntries(headers);
}
