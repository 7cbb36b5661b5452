import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLoopbackAddress, parseNoProxy } from "./no-proxy.ts";

// The cases of Go's golang.org/x/net/http/httpproxy, written as [NO_PROXY, host, port, is the proxy passed by].
const cases: readonly (readonly [string, string, string, boolean])[] = [
  ["", "example.com", "443", false],
  ["*", "example.com", "443", true],
  ["other.test, *", "10.0.0.1", "80", true],
  ["example.com", "example.com", "443", true],
  ["example.com", "api.example.com", "443", true],
  ["example.com", "notexample.com", "443", false],
  ["example.com", "example.com.evil.test", "443", false],
  [".example.com", "example.com", "443", false],
  [".example.com", "a.b.example.com", "443", true],
  ["*.example.com", "example.com", "443", false],
  ["*.example.com", "a.example.com", "443", true],
  ["EXAMPLE.com ", "example.com", "443", true],
  ["example.com:443", "example.com", "443", true],
  ["example.com:443", "example.com", "8443", false],
  [".example.com:8443", "a.example.com", "8443", true],
  ["bücher.example", "xn--bcher-kva.example", "443", true],
  ["10.1.2.3", "10.1.2.3", "80", true],
  ["10.1.2.3", "10.1.2.34", "80", false],
  ["10.1.2.3:80", "10.1.2.3", "80", true],
  ["10.1.2.3:80", "10.1.2.3", "81", false],
  ["10.0.0.0/8", "10.200.0.1", "80", true],
  ["10.0.0.0/8", "11.0.0.1", "80", false],
  ["10.0.0.0/33", "10.0.0.1", "80", false],
  ["10.0.0.0/8", "10.example.com", "80", false],
  ["fd00::/8", "fd12:3456::1", "443", true],
  ["fd00::/8", "fe80::1", "443", false],
  ["2001:db8::1", "2001:db8::1", "443", true],
  ["[2001:db8::1]:443", "2001:db8::1", "443", true],
  ["[2001:db8::1]:443", "2001:db8::1", "80", false],
  [",,:80,[]:1, ,", "example.com", "80", false],
  ["2.3", "1.2.3", "80", true],
  ["0.1", "10.0.0.1", "80", false],
];

describe("NO_PROXY", () => {
  it.each(cases)("%j decides for %s:%s: %s", (text, host, port, isPassedBy) => {
    expect(parseNoProxy(text)(host, port)).toBe(isPassedBy);
  });

  it("takes any text without failing", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, host) => {
        expect(parseNoProxy(text)(host, "443")).toBeTypeOf("boolean");
      }),
    );
  });
});

describe("loopback addresses", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.9.9.9", true],
    ["::1", true],
    ["localhost", false],
    ["128.0.0.1", false],
    ["::2", false],
    ["127.0.0.1.example.com", false],
  ] as const)("%s: %s", (host, isLoopback) => {
    expect(isLoopbackAddress(host)).toBe(isLoopback);
  });
});
