// The load commands of a thin 64-bit Mach-O image, as far as a signature needs them: <mach-o/loader.h>.

const magic = 0xfeed_facf;
const headerSize = 32;
const segmentCommand = 0x19;
const signatureCommand = 0x1d;

/** One segment: where its command stands, and which part of the file it maps. */
export interface Segment {
  readonly command: number;
  readonly fileOffset: number;
  readonly fileSize: number;
}

/** Where a signature stands and what it has to speak of. */
export interface MachO {
  readonly text: Segment;
  /** The last segment, at whose end the signature lies. */
  readonly linkedit: Segment;
  /** The command that says where the signature is. */
  readonly signatureCommand: number;
  readonly signatureOffset: number;
  readonly signatureSize: number;
}

function* listCommands(image: Buffer): Generator<{ readonly kind: number; readonly at: number }> {
  const count = image.readUInt32LE(16);
  for (let index = 0, at = headerSize; index < count; index += 1) {
    yield { kind: image.readUInt32LE(at), at };
    at += image.readUInt32LE(at + 4);
  }
}

function findSegment(image: Buffer, name: string): Segment | undefined {
  for (const { kind, at } of listCommands(image)) {
    if (kind !== segmentCommand || image.toString("latin1", at + 8, at + 24).replace(/\0+$/, "") !== name) continue;
    return { command: at, fileOffset: Number(image.readBigUInt64LE(at + 40)), fileSize: Number(image.readBigUInt64LE(at + 48)) };
  }
  return undefined;
}

/** Reads the load commands. Throws an `Error` for anything but a thin 64-bit image with a signature at its end. */
export function parseMachO(image: Buffer): MachO {
  if (image.length < headerSize || image.readUInt32LE(0) !== magic) throw new Error("this is no thin 64-bit Mach-O image");
  const signature = [...listCommands(image)].find(({ kind }) => kind === signatureCommand);
  const [text, linkedit] = [findSegment(image, "__TEXT"), findSegment(image, "__LINKEDIT")];
  if (signature === undefined || text === undefined || linkedit === undefined) throw new Error("the image has no place for a signature");
  const [signatureOffset, signatureSize] = [image.readUInt32LE(signature.at + 8), image.readUInt32LE(signature.at + 12)];
  if (signatureOffset + signatureSize !== image.length) throw new Error("the signature is not the end of the image");
  return { text, linkedit, signatureCommand: signature.at, signatureOffset, signatureSize };
}
