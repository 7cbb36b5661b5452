import { createHash } from "node:crypto";

// What the first bytes of a program say, read after the formats' own documents: nothing here is shared with the build.

/** For which machine a file of code was made. */
export interface CodeFormat {
  readonly format: "ELF" | "Mach-O" | "PE";
  readonly kind: "program" | "library";
  readonly architecture: string;
}

const machines: Readonly<Record<CodeFormat["format"], Readonly<Record<number, string>>>> = {
  ELF: { 62: "x64", 183: "arm64" },
  "Mach-O": { 0x0100_0007: "x64", 0x0100_000c: "arm64" },
  PE: { 0x8664: "x64", 0xaa64: "arm64" },
};

function nameCode(format: CodeFormat["format"], machine: number, isLibrary: boolean): CodeFormat {
  return { format, kind: isLibrary ? "library" : "program", architecture: machines[format][machine] ?? `machine ${machine}` };
}

function readElf(bytes: Buffer): CodeFormat {
  // 64 bits, little endian; a library is ET_DYN without an interpreter, a program ET_EXEC here.
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new Error("this ELF file is not of 64 bits and little endian");
  return nameCode("ELF", bytes.readUInt16LE(18), bytes.readUInt16LE(16) === 3);
}

function readPe(bytes: Buffer): CodeFormat {
  const header = bytes.readUInt32LE(0x3c);
  if (bytes.toString("latin1", header, header + 4) !== "PE\0\0") throw new Error("this file has no PE header");
  return nameCode("PE", bytes.readUInt16LE(header + 4), (bytes.readUInt16LE(header + 22) & 0x2000) !== 0);
}

/** What a file of code is. Throws for anything else. */
export function readCodeFormat(bytes: Buffer): CodeFormat {
  if (bytes.toString("latin1", 0, 4) === "\u007fELF") return readElf(bytes);
  if (bytes.readUInt32LE(0) === 0xfeed_facf) return nameCode("Mach-O", bytes.readUInt32LE(4), bytes.readUInt32LE(12) !== 2);
  if (bytes.toString("latin1", 0, 2) === "MZ") return readPe(bytes);
  throw new Error(`no code begins with ${bytes.toString("hex", 0, 4)}`);
}

/** Whether Windows gives a program a console: what has none prints nothing for kubectl. */
export function hasConsole(bytes: Buffer): boolean {
  return bytes.readUInt16LE(bytes.readUInt32LE(0x3c) + 24 + 68) === 3;
}

/** What a Mach-O file's signature speaks of. */
export interface CodeSignature {
  readonly identifier: string;
  /** True when it names no identity: hashes only. */
  readonly isAdHoc: boolean;
  /** Everything in front of the signature is hashed, and the signature ends the file. */
  readonly isWhole: boolean;
  readonly pages: number;
  /** Pages whose hash does not fit, for each of which macOS ends the program that reads it. */
  readonly wrongPages: number;
}

function findSignature(bytes: Buffer): readonly [offset: number, size: number] {
  for (let left = bytes.readUInt32LE(16), at = 32; left > 0; left -= 1) {
    if (bytes.readUInt32LE(at) === 0x1d) return [bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12)];
    at += bytes.readUInt32LE(at + 4);
  }
  throw new Error("the image is not signed");
}

/** The code directory of a signature at an offset: what is signed, by hashes. */
function readCodeDirectory(bytes: Buffer, offset: number): Buffer {
  if (bytes.readUInt32BE(offset) !== 0xfade_0cc0) throw new Error("the signature is no super blob");
  if (bytes.readUInt32BE(offset + 12) !== 0) throw new Error("the signature does not begin with a code directory");
  const directory = bytes.subarray(offset + bytes.readUInt32BE(offset + 16));
  const hasHashes = directory.readUInt32BE(0) === 0xfade_0c02 && directory[36] === 32 && directory[37] === 2;
  if (!hasHashes) throw new Error("the code directory has no SHA-256 hashes");
  return directory;
}

/** Checks every hash of a signature as the kernel does. Throws for an image without one. */
export function readCodeSignature(bytes: Buffer): CodeSignature {
  const [offset, size] = findSignature(bytes);
  const directory = readCodeDirectory(bytes, offset);
  const [hashes, name, pages, limit] = [16, 20, 28, 32].map((at) => directory.readUInt32BE(at)) as [number, number, number, number];
  const pageSize = 2 ** (directory[39] ?? 0);
  const isWrong = (page: number): boolean => {
    const code = bytes.subarray(page * pageSize, Math.min((page + 1) * pageSize, limit));
    const hash = directory.subarray(hashes + page * 32, hashes + (page + 1) * 32);
    return !createHash("sha256").update(code).digest().equals(hash);
  };
  return {
    identifier: directory.toString("latin1", name, directory.indexOf(0, name)),
    isAdHoc: (directory.readUInt32BE(12) & 2) !== 0,
    isWhole: limit === offset && offset + size === bytes.length && pages === Math.ceil(limit / pageSize),
    pages,
    wrongPages: Array.from({ length: pages }, (_, page) => page).filter((page) => isWrong(page)).length,
  };
}
