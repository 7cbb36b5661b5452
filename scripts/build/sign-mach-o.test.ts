import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { parseMachO } from "./mach-o.ts";
import { signMachO } from "./sign-mach-o.ts";

// Real programs of both architectures are looked at by test/system/build-all.test.ts.

const codeSize = 2 * 4096 + 16;

function writeSegment(image: Buffer, at: number, name: string, file: { readonly offset: number; readonly size: number }): number {
  image.writeUInt32LE(0x19, at);
  image.writeUInt32LE(72, at + 4);
  image.write(name, at + 8);
  image.writeBigUInt64LE(BigInt(file.offset), at + 40);
  image.writeBigUInt64LE(BigInt(file.size), at + 48);
  return at + 72;
}

/** An image of two pages and a bit, with a signature that is none. */
function makeImage(): Buffer {
  const image = Buffer.alloc(codeSize + 5, 7);
  for (const [index, word] of [0xfeed_facf, 0x0100_0007, 3, 2, 3, 160, 0, 0].entries()) image.writeUInt32LE(word, index * 4);
  image.fill(0, 32, 192);
  let at = writeSegment(image, 32, "__TEXT", { offset: 0, size: 4096 });
  at = writeSegment(image, at, "__LINKEDIT", { offset: 4096, size: codeSize + 5 - 4096 });
  for (const [index, word] of [0x1d, 16, codeSize, 5].entries()) image.writeUInt32LE(word, at + index * 4);
  return image;
}

test("every page is hashed, the last as far as it goes, and the image says where all that stands", () => {
  const signed = signMachO(makeImage(), "a program");
  const { signatureOffset, signatureSize, linkedit } = parseMachO(signed);
  expect([signatureOffset, linkedit.fileOffset + linkedit.fileSize]).toEqual([codeSize, signed.length]);
  const hashes = [0, 4096, 8192].map((at) =>
    createHash("sha256")
      .update(signed.subarray(at, Math.min(at + 4096, codeSize)))
      .digest(),
  );
  expect(signed.subarray(-96)).toEqual(Buffer.concat(hashes));
  expect(signatureSize).toBe(20 + 88 + "a program".length + 1 + 96);
  // What is mapped is whole pages.
  expect(Number(signed.readBigUInt64LE(linkedit.command + 32))).toBe(2 * 4096);
});

test("what is signed can be signed again, and is the same", () => {
  const signed = signMachO(makeImage(), "a program");
  expect(signMachO(signed, "a program").equals(signed)).toBe(true);
});

test.each([
  ["nothing", () => Buffer.alloc(0)],
  ["another format", () => Buffer.from(`\u007fELF${"\0".repeat(60)}`, "latin1")],
  ["bytes after the signature", () => Buffer.concat([makeImage(), Buffer.from("more")])],
  [
    "no command for a signature",
    () => {
      const image = makeImage();
      image.writeUInt32LE(2, 16);
      return image;
    },
  ],
])("%s cannot be signed", (_, make) => {
  expect(() => signMachO(make(), "a program")).toThrow(/image/);
});
