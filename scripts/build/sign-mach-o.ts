import { createHash } from "node:crypto";
import { parseMachO } from "./mach-o.ts";

const pageBits = 12;
const pageSize = 1 << pageBits;
const hashSize = 32;
const sha256 = 2;
const headerSize = 88;
const indexSize = 20;
/** `CS_ADHOC | CS_LINKER_SIGNED`, as linkers sign. */
const flags = 0x2_0002;
const mainBinary = 1n;

function alignUp(size: number, to: number): number {
  return Math.ceil(size / to) * to;
}

/** The code directory: an identifier, and the hash of every page up to the signature (<kern/cs_blobs.h>, version 0x20400). */
function formatCodeDirectory(code: Buffer, identifier: string, textSize: number): Buffer {
  const name = Buffer.from(`${identifier}\0`);
  const hashOffset = headerSize + name.length;
  const pages = Math.ceil(code.length / pageSize);
  const directory = Buffer.alloc(hashOffset + pages * hashSize);
  const words = [0xfade_0c02, directory.length, 0x2_0400, flags, hashOffset, headerSize, 0, pages, code.length];
  for (const [index, word] of words.entries()) directory.writeUInt32BE(word, index * 4);
  directory.set([hashSize, sha256, 0, pageBits], 36);
  // The segment of the program itself begins at 0.
  directory.writeBigUInt64BE(BigInt(textSize), 72);
  directory.writeBigUInt64BE(mainBinary, 80);
  directory.set(name, headerSize);
  for (let page = 0; page < pages; page += 1) {
    const hash = createHash("sha256").update(code.subarray(page * pageSize, (page + 1) * pageSize));
    directory.set(hash.digest(), hashOffset + page * hashSize);
  }
  return directory;
}

function formatSignature(directory: Buffer): Buffer {
  const index = Buffer.alloc(indexSize);
  for (const [at, word] of [0xfade_0cc0, indexSize + directory.length, 1, 0, indexSize].entries()) index.writeUInt32BE(word, at * 4);
  return Buffer.concat([index, directory]);
}

/**
 * The image with an ad hoc signature in the place of the one it has: no identity, but hashes that fit. Bun does this for
 * arm64 alone; in what it makes for x64 the signature of its own runtime stays, which no longer fits, and macOS ends a
 * program whose signature does not fit. Throws an `Error` for what {@link parseMachO} does not read.
 */
export function signMachO(image: Buffer, identifier: string): Buffer {
  const { text, linkedit, signatureCommand, signatureOffset } = parseMachO(image);
  const code = Buffer.from(image.subarray(0, signatureOffset));
  const pages = Math.ceil(code.length / pageSize);
  const size = indexSize + headerSize + Buffer.byteLength(identifier) + 1 + pages * hashSize;
  const linkeditSize = signatureOffset + size - linkedit.fileOffset;
  code.writeUInt32LE(size, signatureCommand + 12);
  code.writeBigUInt64LE(BigInt(alignUp(linkeditSize, pageSize)), linkedit.command + 32);
  code.writeBigUInt64LE(BigInt(linkeditSize), linkedit.command + 48);
  return Buffer.concat([code, formatSignature(formatCodeDirectory(code, identifier, text.fileSize))]);
}
