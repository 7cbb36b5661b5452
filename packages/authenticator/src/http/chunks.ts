import { GrowingBytes } from "./growing-bytes.ts";
import type { HeadProblem } from "./parse-head.ts";

/** What decoding more of a chunked body came to. */
export type ChunkProgress =
  | { readonly kind: "more" }
  | { readonly kind: "done"; readonly body: Buffer; readonly rest: Buffer }
  | { readonly kind: "problem"; readonly problem: HeadProblem };

const sizeLine = /^([0-9a-fA-F]{1,8})[ \t]*(;[\t\x20-\x7e]*)?$/;
const maxLineLength = 256;
const lineEnd = Buffer.from("\r\n");
// Sent in chunks of a byte, a body takes many times its length; more than this is a flood.
const maxChunks = 4096;

const more: ChunkProgress = { kind: "more" };
const malformed: ChunkProgress = { kind: "problem", problem: { status: 400, message: "a chunk is malformed" } };
const tooLarge: ChunkProgress = { kind: "problem", problem: { status: 413, message: "the body is too large" } };

/** Decodes a body in chunks (RFC 9112 section 7.1) as its bytes come. Extensions are skipped, trailers refused. */
export class ChunkDecoder {
  readonly #maxBytes: number;
  readonly #parts: Buffer[] = [];
  #length = 0;
  #chunks = 0;
  readonly #pending = new GrowingBytes();
  /** Bytes of the current chunk that are to come, its line end included; `undefined` before a size. */
  #wanted: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes what came. After anything but `more`, the decoder is not to be used again. */
  push(bytes: Buffer): ChunkProgress {
    this.#pending.append(bytes);
    for (;;) {
      const step = this.#wanted === undefined ? this.#readSize() : this.#readContent(this.#wanted);
      if (step !== undefined) return step;
    }
  }

  #readSize(): ChunkProgress | undefined {
    const { view } = this.#pending;
    const end = view.indexOf(lineEnd);
    if (end === -1) return view.length > maxLineLength ? malformed : more;
    const [, digits] = sizeLine.exec(view.toString("latin1", 0, end)) ?? [];
    if (digits === undefined || end > maxLineLength) return malformed;
    const size = Number.parseInt(digits, 16);
    this.#chunks += 1;
    if (this.#length + size > this.#maxBytes || this.#chunks > maxChunks) return tooLarge;
    this.#pending.take(end + lineEnd.length);
    this.#wanted = size + lineEnd.length;
    return undefined;
  }

  #readContent(wanted: number): ChunkProgress | undefined {
    if (this.#pending.length < wanted) return more;
    const size = wanted - lineEnd.length;
    const content = this.#pending.take(wanted);
    if (!content.subarray(size).equals(lineEnd)) return malformed;
    if (size === 0) return { kind: "done", body: Buffer.concat(this.#parts, this.#length), rest: this.#pending.view };
    this.#parts.push(content.subarray(0, size));
    this.#length += size;
    this.#wanted = undefined;
    return undefined;
  }
}
