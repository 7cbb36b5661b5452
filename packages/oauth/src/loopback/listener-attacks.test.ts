import { describe, expect, it } from "vitest";
import { isAnswered, openTestListener as open } from "../test-support/open-listener.ts";
import { findFreePort } from "@kubepass/network/test-support";
import { sendRaw } from "../test-support/sign-in-scene.ts";

describe("requests that no browser of the person would send", () => {
  const attacks: readonly (readonly [string, (port: number) => string, RegExp])[] = [
    ["a rebound name", (port) => `GET /callback?code=a&state=right HTTP/1.1\r\nHost: evil.example:${port}\r\n\r\n`, /^HTTP\/1\.1 403 /],
    [
      "two Hosts",
      (port) => `GET /callback?code=a&state=right HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.example\r\n\r\n`,
      /^HTTP\/1\.1 403 /,
    ],
    [
      "absolute form",
      (port) => `GET http://127.0.0.1:${port}/callback?code=a&state=right HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
      /^HTTP\/1\.1 403 /,
    ],
    ["no Host", () => "GET /callback?code=a&state=right HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 |^$/],
    ["no Host in HTTP/1.0", () => "GET /callback?code=a&state=right HTTP/1.0\r\n\r\n", /^HTTP\/1\.1 403 /],
    [
      "a foreign origin",
      (port) => `GET /callback?code=a&state=right HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: https://evil.example\r\n\r\n`,
      /^HTTP\/1\.1 403 /,
    ],
    [
      "length and chunks at once",
      (port) => `POST /callback HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 40|^$/,
    ],
    ["TLS bytes", () => "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n", /^$/],
    ["CONNECT", (port) => `CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`, /^HTTP\/1\.1 40|^$/],
    [
      "a second Host behind two thousand header lines",
      (port) =>
        `GET /callback?code=a&state=right HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${"a:b\r\n".repeat(2100)}Host: evil.example\r\n\r\n`,
      /^HTTP\/1\.1 403 |^$/,
    ],
    [
      "a head of a megabyte",
      (port) => `GET /callback?code=a&state=right HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: ${"a".repeat(1024 * 1024)}\r\n\r\n`,
      /^$|^HTTP\/1\.1 431 /,
    ],
    [
      "an upgrade",
      (port) => `GET /callback HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      /^HTTP\/1\.1 400 |^$/,
    ],
  ];

  it.each(attacks)("%s changes nothing", async (_, bytes, reply) => {
    const listener = await open();
    expect(await sendRaw(listener.port, bytes(listener.port))).toMatch(reply);
    expect(await isAnswered(listener)).toBe(false);
  });

  it("slow clients are cut off, whether they send nothing, half a head or half a form", async () => {
    const listener = await open({ isFormExpected: true, limits: { headBytes: 16_384, formBytes: 1024, requestMs: 150, connections: 8 } });
    const host = `Host: 127.0.0.1:${listener.port}\r\n`;
    const form = `POST /callback HTTP/1.1\r\n${host}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 90\r\n\r\ncode=a&state=right`;
    await Promise.all(["", `GET /callback HTTP/1.1\r\n${host}`, form].map((bytes) => sendRaw(listener.port, bytes)));
    expect(await isAnswered(listener)).toBe(false);
  });

  it("more connections than allowed are turned away, and the person's browser still comes in later", async () => {
    const listener = await open({ limits: { headBytes: 16_384, formBytes: 1024, requestMs: 150, connections: 2 } });
    await Promise.all(Array.from({ length: 6 }, () => sendRaw(listener.port, "").catch(() => "")));
    expect((await fetch(`${listener.redirectUri}?code=a&state=right`, { redirect: "manual" })).status).toBe(303);
  });
});

describe("a form post", () => {
  const form = {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", origin: "https://issuer.example" },
  } as const;

  it("brings the answer where it was asked for", async () => {
    const listener = await open({ isFormExpected: true });
    const response = await fetch(listener.redirectUri, { ...form, body: "code=abc&state=right" });
    expect(response.status).toBe(303);
    const answer = await listener.answer;
    expect(answer.kind === "code" && answer.code.reveal()).toBe("abc");
  });

  it.each([
    ["where a query was asked for", {}, { ...form, body: "code=abc&state=right" }, 404],
    [
      "as JSON",
      { isFormExpected: true },
      { ...form, headers: { "content-type": "application/json" }, body: '{"code":"abc","state":"right"}' },
      400,
    ],
    ["of a megabyte", { isFormExpected: true }, { ...form, body: `code=abc&state=right&x=${"a".repeat(1024 * 1024)}` }, 400],
    [
      "from another origin",
      { isFormExpected: true },
      { ...form, headers: { ...form.headers, origin: "https://evil.example" }, body: "code=abc&state=right" },
      403,
    ],
    ["with the state in the query alone", { isFormExpected: true }, { ...form, body: "code=abc" }, 400],
  ])("is refused %s", async (_, options, request, status) => {
    const listener = await open(options);
    // A body that is not read to its end may break the connection before the answer is read.
    const response = await fetch(`${listener.redirectUri}?state=right`, request).catch(() => undefined);
    expect([status, undefined]).toContain(response?.status);
    expect(await isAnswered(listener)).toBe(false);
  });
});

it("a preflight of the issuer's page may reach the private network, that of another page may not", async () => {
  const listener = await open();
  const ask = async (origin: string): Promise<Response> =>
    await fetch(listener.redirectUri, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "GET", "access-control-request-private-network": "true" },
    });
  const allowed = await ask("https://issuer.example");
  expect([
    allowed.status,
    allowed.headers.get("access-control-allow-origin"),
    allowed.headers.get("access-control-allow-private-network"),
  ]).toEqual([204, "https://issuer.example", "true"]);
  const refused = await ask("https://evil.example");
  expect([
    refused.status,
    refused.headers.get("access-control-allow-origin"),
    refused.headers.get("access-control-allow-private-network"),
  ]).toEqual([403, null, null]);
});

it("behind a port-forward the path of the given redirect URL counts, and its host as well as our own", async () => {
  const port = await findFreePort();
  const listener = await open({ redirectUrl: "https://dev.example/sign-in/done", place: { addresses: ["127.0.0.1"], ports: [port] } });
  expect(listener.redirectUri).toBe("https://dev.example/sign-in/done");
  const ask = async (path: string, host: string): Promise<string> =>
    (await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).slice(9, 12);
  expect(await ask("/sign-in/done?state=wrong", "dev.example")).toBe("400");
  expect(await ask("/sign-in/done?state=wrong", `127.0.0.1:${port}`)).toBe("400");
  expect(await ask("/sign-in/done?state=wrong", "evil.example")).toBe("403");
  expect(await ask("/callback?state=wrong", "dev.example")).toBe("404");
});
