import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { type CallBody, RepeatableBody } from "./wire-call.ts";

/** The body of a request, and the `Content-Type` that a standard `fetch` gives it. */
export interface RequestBody {
  readonly body: CallBody;
  readonly type: string | undefined;
}

function streamOf(body: ReadableStream<Uint8Array> | null): Readable | undefined {
  return body === null ? undefined : Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
}

function readBlob(blob: Blob): RepeatableBody {
  return new RepeatableBody(() => Readable.fromWeb(blob.stream()), blob.size);
}

function breakLines(text: string): string {
  return text.replace(/\r\n?|\n/g, "\r\n");
}

function escapeName(text: string): string {
  return text.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
}

// Under Bun a blob that was given no name has none, and is not called `blob`.
type FormFile = Blob & { readonly name?: string | undefined };

/** One field of a form, by the rules of the HTML standard for `multipart/form-data`. */
function formatField(name: string, value: string | FormFile): readonly (string | Blob)[] {
  const head = `Content-Disposition: form-data; name="${escapeName(breakLines(name))}"`;
  if (typeof value === "string") return [`${head}\r\n\r\n${breakLines(value)}\r\n`];
  const type = value.type || "application/octet-stream";
  return [`${head}; filename="${escapeName(value.name ?? "blob")}"\r\nContent-Type: ${type}\r\n\r\n`, value, "\r\n"];
}

// A form is written here because the standard divides it by another text each time that it is read.
function readForm(form: FormData): RequestBody {
  const boundary = `----formdata-${randomUUID()}`;
  const parts = [...form].flatMap(([name, value]) => [`--${boundary}\r\n`, ...formatField(name, value)]);
  return { body: readBlob(new Blob([...parts, `--${boundary}--\r\n`])), type: `multipart/form-data; boundary=${boundary}` };
}

function findBytes(body: unknown): Uint8Array | undefined {
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  return ArrayBuffer.isView(body) ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength) : undefined;
}

/** Reads the body of a `fetch`. All but streams and what is iterated can be sent again. */
export function parseRequestBody(body: RequestInit["body"]): RequestBody {
  if (body === undefined || body === null) return { body: undefined, type: undefined };
  if (typeof body === "string") return { body: Buffer.from(body), type: "text/plain;charset=UTF-8" };
  const bytes = findBytes(body);
  if (bytes !== undefined) return { body: bytes, type: undefined };
  if (body instanceof URLSearchParams)
    return { body: Buffer.from(body.toString()), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  if (body instanceof Readable) return { body, type: undefined };
  if (body instanceof Blob) return { body: readBlob(body), type: body.type === "" ? undefined : body.type };
  if (body instanceof FormData) return readForm(body);
  // Streams and iterables: the standard knows how they are read.
  return { body: streamOf(new Response(body).body), type: undefined };
}
