import type { JsonObject } from "@kubepass/wire";

/** A message: for each field number the bytes of its last value; numbers and the like are left out. */
type Fields = ReadonlyMap<number, Buffer>;

// Every object that travels as protobuf begins so, and is wrapped in a runtime.Unknown.
const magic = Buffer.from("k8s\0", "latin1");
const lengthDelimited = 2;
const fixedSizes: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

function readVarint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = start; index < bytes.length && index < start + 5; index += 1) {
    const byte = bytes.readUInt8(index);
    value += (byte & 0x7f) * 2 ** (7 * (index - start));
    if (byte < 0x80) return { value, end: index + 1 };
  }
  throw new Error("the protobuf message breaks off");
}

function readFields(bytes: Buffer): Fields {
  const fields = new Map<number, Buffer>();
  let position = 0;
  while (position < bytes.length) {
    const { value: tag, end } = readVarint(bytes, position);
    const wireType = tag % 8;
    const next = wireType === 0 || wireType === lengthDelimited ? readVarint(bytes, end) : { value: 0, end };
    position = next.end + (wireType === lengthDelimited ? next.value : (fixedSizes[wireType] ?? 0));
    if (position > bytes.length) throw new Error("the protobuf message breaks off");
    if (wireType === lengthDelimited) fields.set(Math.floor(tag / 8), bytes.subarray(next.end, position));
  }
  return fields;
}

function readTexts(bytes: Buffer | undefined, names: Readonly<Record<number, string>>): JsonObject | undefined {
  if (bytes === undefined) return undefined;
  const texts = [...readFields(bytes)].flatMap(([number, value]): [string, string][] => {
    const name = names[number];
    return name === undefined ? [] : [[name, value.toString("utf8")]];
  });
  return Object.fromEntries(texts);
}

/** Whether a body is in Kubernetes' protobuf form. */
export function isProtobuf(body: Buffer): boolean {
  return body.subarray(0, magic.length).equals(magic);
}

/**
 * A SelfSubjectAccessReview, which `kubectl auth can-i` sends as protobuf, as JSON would have it
 * (k8s.io/api/authorization/v1/generated.proto). Throws an `Error` when the message breaks off.
 */
export function parseAccessReview(body: Buffer): JsonObject {
  const raw = readFields(body.subarray(magic.length)).get(2) ?? Buffer.alloc(0);
  const spec = readFields(readFields(raw).get(2) ?? Buffer.alloc(0));
  const resource = { 1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name" };
  return {
    spec: {
      resourceAttributes: readTexts(spec.get(1), resource),
      nonResourceAttributes: readTexts(spec.get(2), { 1: "path", 2: "verb" }),
    },
  };
}
