import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapedPath, findUrlOf, formatGoUrl, type GoUrlResult, parseGoRequestUri, parseGoUrl } from "./go-url.ts";

// Bounded, so that it can run with every other test; KUBEPASS_FUZZ_RUNS=100000 for a long night.
const numRuns = Number(process.env["KUBEPASS_FUZZ_RUNS"] ?? 300);
const corpus = join(import.meta.dirname, "test-support", "corpus", "urls");

function describeResult(result: GoUrlResult): string {
  if (result.kind === "invalid") return result.reason;
  const { scheme, opaque, user = "-", host, query = "-", fragment } = result.url;
  return [scheme, opaque, user, host, escapedPath(result.url), query, fragment].join(" ");
}

// Answers of Go 1.26.
describe("a URL is taken apart as by Go's url.Parse", () => {
  test.each([
    ["", "  -   - "],
    ["https://u:p%40@k.example:80/a%2fb?q=1#f", "https  u:p%40 k.example:80 /a%2fb q=1 f"],
    ["HTTPS://K", "https  - K  - "],
    ["https://h%C3%A9", "https  - hÃ©  - "],
    ["https://[fe80::1%25eth%200]:6443/", "https  - [fe80::1%eth 0]:6443 / - "],
    ["postgres://a:1,b:2/", "postgres  - a:1,b:2 / - "],
    ["mailto:a@b", "mailto a@b -   - "],
    ["//h/p", "  - h /p - "],
    ["///h/p", "  -  ///h/p - "],
    ["https://h/p?", "https  - h /p  "],
    ["*", "  -  * - "],
  ])("%s", (text = "", shown = "") => {
    expect(describeResult(parseGoUrl(text))).toBe(shown);
  });

  test.each([
    ["https://h:p/#f", 'parse "https://h:p/": invalid port ":p" after host'],
    ["https://a:1:2/", 'parse "https://a:1:2/": invalid port ":1:2" after host'],
    ["https://[::1", `parse "https://[::1": missing ']' in host`],
    ["https://a[::1]", 'parse "https://a[::1]": invalid IP-literal'],
    ["https://[127.0.0.1]", 'parse "https://[127.0.0.1]": invalid IP-literal'],
    ["https://[::1%25]", 'parse "https://[::1%25]": invalid host'],
    ["https://a b", 'parse "https://a b": invalid character " " in host name'],
    ["https://%41", 'parse "https://%41": invalid URL escape "%41"'],
    ["https://h/%zz", 'parse "https://h/%zz": invalid URL escape "%zz"'],
    ["https://h/#%", 'parse "https://h/#%": invalid URL escape "%"'],
    ["https://a<b@h", 'parse "https://a<b@h": net/url: invalid userinfo'],
    [":a", 'parse ":a": missing protocol scheme'],
    ["1:a", 'parse "1:a": first path segment in URL cannot contain colon'],
    ["a\u0000", 'parse "a\\u0000": net/url: invalid control character in URL'],
  ])("%s is refused in Go's words", (text, reason) => {
    expect(parseGoUrl(text)).toEqual({ kind: "invalid", reason });
  });
});

test("a request's URI begins with a scheme or a slash, and has no fragment", () => {
  expect(parseGoRequestUri("")).toMatchObject({ reason: 'parse "": empty url' });
  expect(parseGoRequestUri("a")).toMatchObject({ reason: 'parse "a": invalid URI for request' });
  expect(findUrlOf(parseGoRequestUri("https://h/a#b"))).toMatchObject({ path: "/a#b", fragment: "" });
  expect(findUrlOf(parseGoRequestUri("//h/p"))).toMatchObject({ hasAuthority: false, path: "//h/p" });
});

/** Whether a text is taken apart, and can be put together again, or refused with a reason. */
function isJudged(text: string): boolean {
  return [parseGoUrl, parseGoRequestUri].every((parse) => {
    const result = parse(text);
    return result.kind === "url" ? formatGoUrl(result.url).length <= 9 * text.length + 2 : result.reason.startsWith("parse ");
  });
}

describe("whatever is given is taken apart or refused", () => {
  test.each(readdirSync(corpus))("%s, which is kept", (name) => {
    expect(isJudged(readFileSync(join(corpus, name), "utf8"))).toBe(true);
  });

  test("any text", () => {
    const signs = ["https:", "//", "/", "@", ":", "[", "]", "::1", "%25", "%", "%2f", "é", "?", "#", "*", " ", "\\", "a", "1"];
    const text = fc.array(fc.oneof(fc.constantFrom(...signs), fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 10 });
    fc.assert(
      fc.property(text, (parts) => {
        expect(isJudged(parts.join(""))).toBe(true);
      }),
      { numRuns },
    );
  });
});
