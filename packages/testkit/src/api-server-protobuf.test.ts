import { describe, expect, test } from "vitest";
import { isProtobuf, parseAccessReview } from "./api-server-protobuf.ts";

function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
}

function wrap(spec: Buffer): Buffer {
  const type = Buffer.concat([field(1, "authorization.k8s.io/v1"), field(2, "SelfSubjectAccessReview")]);
  const review = Buffer.concat([field(1, ""), field(2, spec)]);
  return Buffer.concat([Buffer.from("k8s\0"), field(1, type), field(2, review)]);
}

describe("a review of access in protobuf", () => {
  test("names a resource", () => {
    const resource = Buffer.concat([field(1, "shop"), field(2, "list"), field(3, ""), field(5, "pods"), Buffer.from([8 * 9, 1])]);
    expect(parseAccessReview(wrap(field(1, resource)))["spec"]).toEqual({
      resourceAttributes: { namespace: "shop", verb: "list", group: "", resource: "pods" },
      nonResourceAttributes: undefined,
    });
  });

  test("names a path", () => {
    const path = Buffer.concat([field(1, "/metrics"), field(2, "get")]);
    expect(parseAccessReview(wrap(field(2, path)))["spec"]).toMatchObject({ nonResourceAttributes: { path: "/metrics", verb: "get" } });
  });

  test.each(["\u0012", "\u0012\u0005ab", "\u0012\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "\u000d12"])(
    "that breaks off (%j) is refused",
    (text) => {
      expect(() => parseAccessReview(Buffer.concat([Buffer.from("k8s\0"), Buffer.from(text, "latin1")]))).toThrow("breaks off");
    },
  );

  test("of nothing names nothing", () => {
    expect(parseAccessReview(Buffer.from("k8s\0"))).toEqual({ spec: {} });
  });

  test("is told from JSON by its first bytes", () => {
    expect(isProtobuf(wrap(Buffer.alloc(0)))).toBe(true);
    expect(isProtobuf(Buffer.from('{"k8s":0}'))).toBe(false);
    expect(isProtobuf(Buffer.alloc(0))).toBe(false);
  });
});
