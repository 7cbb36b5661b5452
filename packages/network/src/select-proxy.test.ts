import * as fc from "fast-check";
import { isCredentialError } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { selectProxy, type Variables } from "./select-proxy.ts";

function describeProxy(url: string, variables: Variables): string {
  const proxy = selectProxy(new URL(url), variables);
  if (proxy === undefined) return "direct";
  const { credentials } = proxy;
  return `${proxy.scheme} ${credentials === undefined ? "" : `${credentials.user}:${credentials.password.reveal()}@`}${proxy.host}:${proxy.port}`;
}

function codeOf(url: string, variables: Variables): string {
  try {
    return describeProxy(url, variables);
  } catch (error) {
    return isCredentialError(error) ? `${error.code} ${error.message}` : "another error";
  }
}

describe("the proxy for a URL", () => {
  it.each([
    ["https://a.example/", {}, "direct"],
    ["https://a.example/", { HTTPS_PROXY: "http://proxy.example:3128" }, "http proxy.example:3128"],
    ["https://a.example/", { https_proxy: "http://proxy.example:3128" }, "http proxy.example:3128"],
    ["https://a.example/", { HTTPS_PROXY: "up.example", https_proxy: "low.example" }, "http up.example:80"],
    ["https://a.example/", { HTTPS_PROXY: "", https_proxy: "low.example:1" }, "http low.example:1"],
    ["https://a.example/", { HTTP_PROXY: "http://proxy.example" }, "direct"],
    ["https://a.example/", { ALL_PROXY: "http://proxy.example" }, "direct"],
    ["http://a.example/", { HTTP_PROXY: "http://proxy.example" }, "http proxy.example:80"],
    ["https://a.example/", { HTTPS_PROXY: "https://proxy.example" }, "https proxy.example:443"],
    ["https://a.example/", { HTTPS_PROXY: "socks5://proxy.example" }, "socks5 proxy.example:1080"],
    ["https://a.example/", { HTTPS_PROXY: "socks5h://[::2]:9" }, "socks5 ::2:9"],
    ["https://a.example/", { HTTPS_PROXY: "http://an%40na:p%3Aw@proxy.example:1" }, "http an@na:p:w@proxy.example:1"],
    ["https://a.example/", { HTTPS_PROXY: "proxy.example", NO_PROXY: "example" }, "direct"],
    ["https://a.example/", { HTTPS_PROXY: "proxy.example", no_proxy: "a.example:443" }, "direct"],
    ["https://a.example:8443/", { HTTPS_PROXY: "proxy.example", NO_PROXY: "a.example:443" }, "http proxy.example:80"],
    ["https://localhost/", { HTTPS_PROXY: "proxy.example" }, "direct"],
    ["https://127.1.2.3/", { HTTPS_PROXY: "proxy.example" }, "direct"],
    ["https://[::1]/", { HTTPS_PROXY: "proxy.example" }, "direct"],
    ["https://a.example/", { HTTPS_PROXY: "proxy.example", REQUEST_METHOD: "GET" }, "http proxy.example:80"],
  ] as const)("%s with %j is %s", (url, variables, expected) => {
    expect(describeProxy(url, variables)).toBe(expected);
  });

  it("does not use HTTP_PROXY in a CGI program, where any caller can set it", () => {
    expect(codeOf("http://a.example/", { HTTP_PROXY: "proxy.example", REQUEST_METHOD: "GET" })).toMatch(/^PROXY_FAILED .*CGI/);
  });

  it.each(["socks4://proxy.example", "ftp://proxy.example", "http://", "http://u:hunter2@:0:"])(
    "refuses %s and does not show it",
    (text) => {
      const outcome = codeOf("https://a.example/", { HTTPS_PROXY: text });
      expect(outcome).toMatch(/^PROXY_FAILED HTTPS_PROXY is not the URL/);
      expect(outcome).not.toContain("hunter2");
    },
  );

  it("fails on any text with its own error only", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        expect(codeOf("https://a.example/", { HTTPS_PROXY: text })).not.toBe("another error");
      }),
    );
  });
});
