import { describe, expect, it } from "vitest";
import { type ExpectedRequests, judgeRequest, listAuthorities } from "./request-check.ts";

const expected: ExpectedRequests = {
  authorities: ["127.0.0.1:8000"],
  issuerOrigins: ["https://issuer.example"],
  callbackPath: "/callback",
  resultPath: "/callback/token",
  isFormExpected: false,
};
const host = ["Host", "127.0.0.1:8000"];

describe("a request is forbidden, before its path is looked at,", () => {
  it.each([
    ["without Host", "/callback?code=a", []],
    ["with a rebound name as Host", "/callback", ["Host", "evil.example:8000"]],
    ["with the right address and another port", "/callback", ["Host", "127.0.0.1:80"]],
    ["with the name localhost when the address is expected", "/callback", ["Host", "localhost:8000"]],
    ["with an empty Host", "/callback", ["Host", ""]],
    ["with two Hosts", "/callback", [...host, "Host", "evil.example"]],
    ["with the same Host twice, spelt differently", "/callback", [...host, "hOST", "127.0.0.1:8000"]],
    ["in absolute form", "http://127.0.0.1:8000/callback", host],
    ["in absolute form for another host", "http://evil.example/callback", host],
    ["with a target that begins with two slashes", "//evil.example/callback", host],
    ["with an asterisk for target", "*", host],
    ["with a foreign Origin", "/callback", [...host, "Origin", "https://evil.example"]],
    ["with Origin null on a GET", "/callback", [...host, "Origin", "null"]],
    ["with two Origins", "/callback", [...host, "Origin", "https://issuer.example", "Origin", "https://issuer.example"]],
  ])("%s", (_, target, rawHeaders) => {
    expect(judgeRequest({ method: "GET", target, rawHeaders }, expected).kind).toBe("forbidden");
    expect(judgeRequest({ method: "GET", target: target.replace("callback", "nowhere"), rawHeaders }, expected).kind).toBe("forbidden");
  });
});

describe("a request with the right Host", () => {
  it.each([
    ["GET", "/callback?code=a&state=b", { kind: "query", query: "code=a&state=b" }],
    ["GET", "/callback", { kind: "query", query: "" }],
    ["GET", "/callback/token", { kind: "result" }],
    ["POST", "/callback/token", { kind: "not-found" }],
    ["POST", "/callback", { kind: "not-found" }],
    ["HEAD", "/callback?code=a", { kind: "not-found" }],
    ["PUT", "/callback", { kind: "not-found" }],
    ["OPTIONS", "/callback", { kind: "not-found" }],
    ["GET", "/", { kind: "not-found" }],
    ["GET", "/favicon.ico", { kind: "not-found" }],
    ["GET", "/callback/", { kind: "not-found" }],
    ["GET", "/Callback", { kind: "not-found" }],
    ["GET", "/x/../callback", { kind: "not-found" }],
    ["GET", "/%63allback", { kind: "not-found" }],
    ["GET", "/callback;a", { kind: "not-found" }],
    ["GET", "/callback#x", { kind: "not-found" }],
  ])("%s %s", (method, target, judgement) => {
    expect(judgeRequest({ method, target, rawHeaders: host }, expected)).toEqual(judgement);
  });

  it("may write the host in capitals", () => {
    const named = { ...expected, authorities: ["localhost:8000"] };
    expect(judgeRequest({ method: "GET", target: "/callback", rawHeaders: ["host", "LOCALHOST:8000"] }, named).kind).toBe("query");
  });
});

describe("where a form is expected", () => {
  const form = { ...expected, isFormExpected: true };

  it.each([
    ["the issuer's origin", ["Origin", "https://issuer.example"]],
    ["the origin null, as from a page without referrer", ["Origin", "null"]],
    ["no origin", []],
  ])("a POST with %s is taken", (_, headers) => {
    expect(judgeRequest({ method: "POST", target: "/callback", rawHeaders: [...host, ...headers] }, form).kind).toBe("form");
  });

  it("a POST from elsewhere is forbidden", () => {
    expect(judgeRequest({ method: "POST", target: "/callback", rawHeaders: [...host, "Origin", "https://evil.example"] }, form).kind).toBe(
      "forbidden",
    );
  });
});

it("a preflight is answered for the issuer's origin alone", () => {
  const ask = (origin: string): unknown =>
    judgeRequest({ method: "OPTIONS", target: "/callback", rawHeaders: [...host, "Origin", origin] }, expected);
  expect(ask("https://issuer.example")).toEqual({ kind: "preflight", origin: "https://issuer.example" });
  expect(ask("https://evil.example")).toMatchObject({ kind: "forbidden" });
  expect(ask("null")).toMatchObject({ kind: "forbidden" });
});

it.each([
  ["http", "127.0.0.1", 8000, ["127.0.0.1:8000"]],
  ["http", "::1", 8000, ["[::1]:8000"]],
  ["http", "localhost", 80, ["localhost:80", "localhost"]],
  ["https", "[::1]", 443, ["[::1]:443", "[::1]"]],
  ["https", "localhost", 80, ["localhost:80"]],
] as const)("a browser's Host for %s on %s, port %i, may be any of %j", (scheme, address, port, authorities) => {
  expect(listAuthorities(scheme, address, port)).toEqual(authorities);
});
