import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChunkDecoder, type ChunkProgress } from "./chunks.ts";
import { isHeadProblem, parseHead } from "./parse-head.ts";
import { openTestServer, type TestServer } from "./test-support/test-server.ts";

// Bounded, so that it can run with every other test; KUBEPASS_FUZZ_RUNS=100000 for a long night.
const numRuns = Number(process.env["KUBEPASS_FUZZ_RUNS"] ?? 300);
// Each of these takes a connection.
const connectionRuns = Math.ceil(numRuns / 6);
const corpus = join(import.meta.dirname, "../test-support/corpus/http");
const maxBytes = 512;

const piece = fc.constantFrom(
  "POST",
  "GET",
  " ",
  "/x",
  "?",
  " HTTP/1.1",
  " HTTP/1.0",
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  ":",
  "Host: h",
  "Content-Length: ",
  "1",
  "3",
  "0",
  "-1",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: ",
  "gzip",
  "Expect: 100-continue",
  "Connection: close",
  ";",
  "\t",
  "\0",
  "0\r\n\r\n",
  "1\r\na\r\n",
  "ffffffff",
  "POST /x HTTP/1.1\r\nHost: h\r\n",
  "Content-Length: 3\r\n\r\none",
  "\u00ff",
  "Host : h",
  " folded",
);
const text = fc.oneof(
  fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join("")),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCodePoint(code)), maxLength: 200 }),
);
const chunks = fc.array(fc.constantFrom("1\r\na\r\n", "3\r\none\r\n", "0\r\n\r\n", "\r\n", "1", "a", ";x=y", "ff\r\n", "G", "\n", "0"), {
  maxLength: 20,
});

/** What a decoder comes to when bytes come in pieces of these lengths. */
function decode(bytes: Buffer, lengths: readonly number[]): ChunkProgress & { readonly isSmall: boolean } {
  const decoder = new ChunkDecoder(maxBytes);
  let rest = bytes;
  let progress: ChunkProgress = { kind: "more" };
  for (let index = 0; rest.length > 0 && progress.kind === "more"; index += 1) {
    const length = Math.max(1, lengths[index % Math.max(1, lengths.length)] ?? rest.length);
    progress = decoder.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  if (progress.kind !== "done") return { ...progress, isSmall: true };
  const { body } = progress;
  return { ...progress, rest: Buffer.concat([progress.rest, rest]), isSmall: body.length <= maxBytes };
}

describe("random bytes end in an answer or in a hang-up, never in an exception", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
  });
  afterAll(async () => {
    await server.close();
  });

  const good = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\ngood";

  /** The statuses of all answers to what is sent, until the server hangs up, or has answered a good request behind it. */
  async function send(parts: readonly Buffer[]): Promise<readonly number[]> {
    await using client = await server.connect();
    const statuses: number[] = [];
    for (const part of parts) {
      client.send(part);
      await client.flushed();
    }
    client.socket.end(good);
    try {
      for (;;) statuses.push((await client.readAnswer()).status);
    } catch {
      // It has hung up.
    }
    return statuses;
  }

  /** Whether the server took it in good order, and serves the next one. */
  async function isSurvived(parts: readonly Buffer[]): Promise<boolean> {
    const statuses = await send(parts);
    await using next = await server.connect();
    next.send(good);
    const { body } = await next.readAnswer();
    return statuses.every((status) => [100, 200, 400, 408, 413, 417, 431, 501, 505].includes(status)) && body === '{"echo":"good"}';
  }

  it.each(readdirSync(corpus))("the kept bytes %s", async (name) => {
    const bytes = readFileSync(join(corpus, name));
    expect(await isSurvived([bytes])).toBe(true);
    expect(await isSurvived([bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)])).toBe(true);
    expect(server.requests.filter(({ head }) => head.path === "/evil")).toEqual([]);
    expect(server.defects).toEqual([]);
  });

  it("of connections", async () => {
    const parts = fc.array(text, { maxLength: 3 }).map((texts) => texts.map((each) => Buffer.from(each, "latin1")));
    await fc.assert(
      fc.asyncProperty(parts, async (each) => await isSurvived(each)),
      { numRuns: connectionRuns },
    );
    expect(server.defects).toEqual([]);
  });

  it("of heads", () => {
    fc.assert(
      fc.property(text, (each) => {
        const head = parseHead(each);
        if (isHeadProblem(head)) return [400, 431, 501, 505].includes(head.status) && /^[\x20-\x7e]+$/.test(head.message);
        return head.path.startsWith("/") && (head.bodyLength === "chunked" || Number.isSafeInteger(head.bodyLength));
      }),
      { numRuns: numRuns * 10 },
    );
    expect(isHeadProblem(parseHead("POST /x HTTP/1.1\r\nHost: h"))).toBe(false);
  });

  it("of chunks, which come to the same however they are cut", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 });
    fc.assert(
      fc.property(
        fc.oneof(
          chunks.map((each) => each.join("")),
          text,
        ),
        lengths,
        (each, cut) => {
          const bytes = Buffer.from(each, "latin1");
          const whole = decode(bytes, []);
          expect(decode(bytes, cut)).toEqual(whole);
          expect(whole.isSmall).toBe(true);
        },
      ),
      { numRuns: numRuns * 10 },
    );
  });
});
