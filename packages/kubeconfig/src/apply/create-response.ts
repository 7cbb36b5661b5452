import type { Readable } from "node:stream";
import { constants, createGunzip } from "node:zlib";
import { ConnectionClosedError } from "@kubepass/network";
import { CredentialError } from "@kubepass/wire";
import type { WireAnswer } from "./wire-call.ts";

const emptyStatuses: ReadonlySet<number> = new Set([101, 204, 205, 304]);

function isCompressed(answer: WireAnswer): boolean {
  return answer.headers.some(([name, value]) => name.toLowerCase() === "content-encoding" && value.toLowerCase() === "gzip");
}

function decompress(body: Readable): Readable {
  // What has come is passed on at once: a watch never ends.
  const gunzip = createGunzip({ flush: constants.Z_SYNC_FLUSH });
  body.once("error", (error) => gunzip.destroy(error));
  gunzip.once("close", () => body.destroy());
  let isEmpty = true;
  body.once("data", () => (isEmpty = false));
  // Nothing at all is an empty answer, as in Go; what breaks off is an error.
  body.once("end", () => (isEmpty ? gunzip.push(null) : gunzip.end()));
  gunzip.once("end", () => gunzip.destroy());
  return body.pipe(gunzip, { end: false });
}

function createHeaders(answer: WireAnswer, isDecompressed: boolean): Headers {
  const headers = new Headers();
  for (const [name, value] of answer.headers) {
    const key = name.toLowerCase();
    if (!(isDecompressed && (key === "content-encoding" || key === "content-length"))) headers.append(name, value);
  }
  return headers;
}

// As much as waits in memory when nobody reads.
const maxWaitingBytes = 65_536;

// `Readable.toWeb` does the same for every kind of stream, and takes a multiple of the time.
function createStream(body: Readable): ReadableStream<Uint8Array> {
  let isOver = false;
  const start = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    const fail = (error?: Error): void => {
      if (!isOver) controller.error(error ?? new ConnectionClosedError("the connection was closed before the answer was complete"));
      isOver = true;
    };
    body.on("data", (chunk: Buffer) => {
      if (isOver) return;
      controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      if ((controller.desiredSize ?? 0) <= 0) body.pause();
    });
    body.once("end", () => {
      if (!isOver) controller.close();
      isOver = true;
    });
    body.once("error", fail);
    body.once("close", () => fail());
  };
  const cancel = (reason: unknown): void => {
    isOver = true;
    body.destroy(reason instanceof Error ? reason : undefined);
  };
  return new ReadableStream(
    { start, pull: () => void body.resume(), cancel },
    { highWaterMark: maxWaitingBytes, size: (chunk) => chunk.byteLength },
  );
}

/** A standard `Response` whose body comes as the server sends it. Throws `RESPONSE_INVALID` for a head that is not HTTP. */
export function createResponse(answer: WireAnswer, url: URL, isDecompressed: boolean): Response {
  const isGzip = isDecompressed && isCompressed(answer);
  try {
    const isEmpty = emptyStatuses.has(answer.status);
    if (isEmpty) answer.body.resume();
    const body = isEmpty ? null : createStream(isGzip ? decompress(answer.body) : answer.body);
    const init = { status: answer.status, statusText: answer.statusText, headers: createHeaders(answer, isGzip) };
    const response = new Response(body as ConstructorParameters<typeof Response>[0], init);
    Object.defineProperty(response, "url", { value: url.href });
    return response;
  } catch (error) {
    answer.body.destroy();
    throw new CredentialError("RESPONSE_INVALID", `${url.host} answered with a status or headers that are not HTTP`, { cause: error });
  }
}
