import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as oauth from "oauth4webapi";
import { describe, expect, it } from "vitest";
import { discoverIssuer, type DiscoveryOptions } from "./discover.ts";
import { createFetch } from "@kubepass/network";
import { createTestHost, type TestHost } from "./test-support/host.ts";
import { createDiscovery, describeFailure, startIssuer, type TestIssuer } from "./test-support/issuer.ts";
import { sendJson, startServer, startTcpServer } from "@kubepass/network/test-support";

const path = "/.well-known/openid-configuration";
const minuteMs = 60_000;

function discover(
  issuer: string,
  host: TestHost,
  more: Partial<DiscoveryOptions> = {},
  networkIdentity?: string,
  totalTimeoutMs?: number,
): Promise<oauth.AuthorizationServer> {
  const fetch = createFetch({ totalTimeoutMs: totalTimeoutMs ?? 30_000, maxResponseBytes: 100_000 }, host);
  return discoverIssuer(
    { issuer, isInsecureIssuerAllowed: true, ...more },
    { fetch, host, signal: new AbortController().signal, networkIdentity },
  );
}

function cacheFileOf(host: TestHost): string {
  const folder = join(host.directories.cache, "issuers");
  return join(folder, readdirSync(folder)[0] ?? "");
}

function answerWith(issuer: TestIssuer, status: number, body: string, headers: Record<string, string> = {}): void {
  issuer.answers[path] = (_request, response) => response.writeHead(status, headers).end(body);
}

describe("discovery", () => {
  it("reads the OpenID document below the issuer", async () => {
    const issuer = await startIssuer();
    expect((await discover(issuer.origin, createTestHost())).token_endpoint).toBe(`${issuer.origin}/token`);
    expect(issuer.paths()).toEqual([path]);
  });

  it("keeps the issuer's path and drops one slash at its end", async () => {
    const server = await startIssuer();
    const issuer = `${server.origin}/tenant/`;
    server.answers[`/tenant${path}`] = (_request, response) => sendJson(response, createDiscovery(issuer));
    expect((await discover(issuer, createTestHost())).issuer).toBe(issuer);
  });

  it("falls back to the OAuth document when there is no OpenID document", async () => {
    const server = await startIssuer();
    const issuer = `${server.origin}/tenant`;
    server.answers["/.well-known/oauth-authorization-server/tenant"] = (_request, response) => sendJson(response, createDiscovery(issuer));
    expect((await discover(issuer, createTestHost())).issuer).toBe(issuer);
    expect(server.paths()).toEqual([`/tenant${path}`, "/.well-known/oauth-authorization-server/tenant"]);
  });

  it("reads a separate discovery URL, whose document must still be the issuer's", async () => {
    const server = await startIssuer();
    const discoveryUrl = `${server.origin}/elsewhere?policy=1`;
    server.answers["/elsewhere?policy=1"] = (_request, response) =>
      sendJson(response, { ...createDiscovery(server.origin), issuer: "https://issuer.example" });
    expect((await discover("https://issuer.example", createTestHost(), { discoveryUrl })).issuer).toBe("https://issuer.example");
    expect(await describeFailure(discover("https://other.example", createTestHost(), { discoveryUrl }))).toMatch(
      /^ISSUER_INVALID: .* of issuer https:\/\/issuer.example, not of https:\/\/other.example/,
    );
  });

  it("puts configured endpoints in place, also of a cached document", async () => {
    const issuer = await startIssuer();
    const host = createTestHost();
    const endpoints = { token: "https://t.example/" };
    for (const requests of [1, 1]) {
      expect((await discover(issuer.origin, host, { endpoints })).token_endpoint).toBe("https://t.example/");
      expect(issuer.requests.length).toBe(requests);
    }
  });

  it("refuses an http issuer before it asks for anything", async () => {
    const issuer = await startIssuer();
    expect(await describeFailure(discover(issuer.origin, createTestHost(), { isInsecureIssuerAllowed: false }))).toMatch(/^POLICY_REFUSED/);
    expect(issuer.paths()).toEqual([]);
  });
});

describe("an issuer that answers with something else", () => {
  it("is reported when there is no document", async () => {
    const issuer = await startIssuer();
    delete issuer.answers[path];
    expect(await describeFailure(discover(issuer.origin, createTestHost()))).toBe(
      `ISSUER_INVALID: there is no discovery document of ${issuer.origin} (404 at ${issuer.origin}${path} and ${issuer.origin}/.well-known/oauth-authorization-server); check the issuer URL; where the document lies elsewhere, set the discovery URL`,
    );
  });

  it.each([
    ["a web page", 200, "<html>sign in</html>", /^ISSUER_INVALID: the answer is a web page/],
    ["a page that is forbidden", 403, "<html>", /^ISSUER_INVALID: .* answered with status 403 instead of the discovery document/],
    ["text", 200, "hello", /^ISSUER_INVALID: the answer is text that is not JSON/],
    [
      "too much",
      200,
      `{"a":"${"a".repeat(200_000)}"}`,
      /^ISSUER_INVALID: there is no discovery document at .* answered with more than 100000 bytes/,
    ],
    ["an overload", 503, "busy", /^ISSUER_UNREACHABLE: .* answered with status 503/],
    ["a limit", 429, "slow down", /^ISSUER_UNREACHABLE: .* answered with status 429/],
  ])("is reported for %s", async (_what, status, body, expected) => {
    const issuer = await startIssuer();
    answerWith(issuer, status, body);
    const host = createTestHost();
    expect(await describeFailure(discover(issuer.origin, host))).toMatch(expected);
    expect(existsSync(host.directories.cache)).toBe(false);
  });

  it("is reported for a redirect, which is not followed", async () => {
    const other = await startServer((_request, response) => sendJson(response, {}));
    const issuer = await startIssuer();
    answerWith(issuer, 302, "", { location: `${other.origin}/canary` });
    expect(await describeFailure(discover(issuer.origin, createTestHost()))).toMatch(
      new RegExp(`^ISSUER_INVALID: .* redirects to 127.0.0.1:${other.port} instead of giving the discovery document`),
    );
    expect(other.requests).toEqual([]);
  });

  it("is reported when it is slow", async () => {
    const server = await startTcpServer(() => {});
    expect(await describeFailure(discover(`http://127.0.0.1:${server.port}`, createTestHost(), {}, undefined, 80))).toMatch(
      /^ISSUER_UNREACHABLE: .* did not answer within/,
    );
  });
});

describe("a discovery document that was fetched before", () => {
  it("serves for an hour without the network, then is fetched again", async () => {
    const issuer = await startIssuer();
    const host = createTestHost();
    await discover(issuer.origin, host);
    host.advance(59 * minuteMs);
    await discover(issuer.origin, host);
    expect(issuer.requests.length).toBe(1);
    host.advance(2 * minuteMs);
    await discover(issuer.origin, host);
    expect(issuer.requests.length).toBe(2);
  });

  it("stands in for a day while the issuer is unreachable, and says so", async () => {
    const issuer = await startIssuer();
    const host = createTestHost();
    await discover(issuer.origin, host);
    await issuer.close();
    host.advance(24 * 60 * minuteMs);
    expect((await discover(issuer.origin, host)).issuer).toBe(issuer.origin);
    expect(host.lines.filter((line) => line.level === "info").map((line) => line.message)).toEqual([
      "the issuer is unreachable: its last discovery document is used",
    ]);
    host.advance(61 * minuteMs);
    expect(await describeFailure(discover(issuer.origin, host))).toMatch(/^ISSUER_UNREACHABLE/);
  });

  it("does not stand in for an issuer that now says something else", async () => {
    const issuer = await startIssuer();
    const host = createTestHost();
    await discover(issuer.origin, host);
    host.advance(61 * minuteMs);
    answerWith(issuer, 200, JSON.stringify(createDiscovery("https://evil.example")));
    expect(await describeFailure(discover(issuer.origin, host))).toMatch(/^ISSUER_INVALID/);
  });

  it("is not used by another way to the network", async () => {
    const issuer = await startIssuer();
    const host = createTestHost();
    await discover(issuer.origin, host, {}, "unchecked");
    await discover(issuer.origin, host, {}, "checked");
    expect(issuer.requests.length).toBe(2);
  });

  it.each([
    ["another issuer", (text: string) => text.replaceAll("127.0.0.1", "127.0.0.2")],
    ["an http endpoint elsewhere", (text: string) => text.replace(/http:\/\/127.0.0.1:\d+\/token/, "http://evil.example/token")],
    ["garbage", () => "{"],
    ["nothing", () => ""],
  ])("and was changed to %s is judged again and replaced", async (_what, poison) => {
    const issuer = await startIssuer();
    const host = createTestHost();
    await discover(issuer.origin, host);
    const file = cacheFileOf(host);
    writeFileSync(file, poison(readFileSync(file, "utf8")));
    expect((await discover(issuer.origin, host)).token_endpoint).toBe(`${issuer.origin}/token`);
    expect(issuer.requests.length).toBe(2);
    expect(readFileSync(file, "utf8")).toContain(`${issuer.origin}/token`);
  });
});
