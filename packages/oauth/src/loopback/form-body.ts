import type { IncomingMessage } from "node:http";

/**
 * The body of a form post as text; `undefined` when it is not a form or is longer than `maxBytes`.
 * Rejects when the connection breaks.
 */
export async function readForm(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) return undefined;
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
