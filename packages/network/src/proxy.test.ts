import type { IncomingMessage } from "node:http";
import * as fc from "fast-check";
import { isCredentialError, Secret } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { createAuthority, type TestAuthority, type TestCertificate } from "./test-support/certificates.ts";
import { createTestNetworkHost, type TestNetworkHost } from "./test-support/host.ts";
import { sendJson, startHttpProxy, startServer, startTcpServer, type TestServer } from "./test-support/servers.ts";
import { startSocksProxy } from "./test-support/socks-proxy.ts";
import { createFetch } from "./create-fetch.ts";
import { judgeConnectAnswer } from "./http-tunnel.ts";
import type { Proxy } from "./select-proxy.ts";
import { formatSocksRequest, judgeSocksMethod, judgeSocksReply } from "./socks-tunnel.ts";

// A name that only the proxy of the test can reach, so that a request that goes past the proxy fails.
const issuerHost = "issuer.invalid";

interface Scene {
  readonly authority: TestAuthority;
  readonly issuer: TestServer;
  readonly leaf: TestCertificate;
}

async function startIssuer(): Promise<Scene> {
  const authority = await createAuthority();
  const leaf = await authority.issue({ names: [issuerHost, "localhost"] });
  const issuer = await startServer((request, response) => sendJson(response, { path: request.url, host: request.headers.host }), leaf);
  return { authority, issuer, leaf };
}

async function fetchThrough(
  scene: Scene,
  proxyUrl: string,
  host: TestNetworkHost = createTestNetworkHost({ HTTPS_PROXY: proxyUrl }),
): Promise<unknown> {
  const fetch = createFetch({ certificateAuthorityPems: [scene.authority.certificatePem] }, host);
  try {
    return await (await fetch(`https://${issuerHost}/keys`)).json();
  } catch (error) {
    return isCredentialError(error) ? `${error.code}: ${error.message}` : error;
  }
}

const reached = { path: "/keys", host: issuerHost };

describe("an HTTP proxy", () => {
  it("carries an https request in a tunnel, by the issuer's name", async () => {
    const scene = await startIssuer();
    const proxy = await startHttpProxy(scene.issuer.port);
    expect(await fetchThrough(scene, proxy.origin)).toEqual(reached);
    expect(proxy.targets).toEqual([`${issuerHost}:443`]);
  });

  it("may itself speak TLS", async () => {
    const scene = await startIssuer();
    const proxy = await startHttpProxy(scene.issuer.port, { certificate: scene.leaf });
    expect(await fetchThrough(scene, proxy.origin)).toEqual(reached);
  });

  it("is refused when its own certificate is not trusted", async () => {
    const scene = await startIssuer();
    const stranger = await createAuthority("stranger");
    const proxy = await startHttpProxy(scene.issuer.port, { certificate: await stranger.issue() });
    expect(await fetchThrough(scene, proxy.origin)).toMatch(/^TLS_UNTRUSTED: the certificate of the proxy 127\.0\.0\.1:\d+ is /);
  });

  it("gets the user name and password of its URL, which no log line holds", async () => {
    const scene = await startIssuer();
    const proxy = await startHttpProxy(scene.issuer.port, { authorization: `Basic ${Buffer.from("anna:hunter2").toString("base64")}` });
    const host = createTestNetworkHost({ HTTPS_PROXY: `http://anna:hunter2@127.0.0.1:${proxy.port}` });
    expect(await fetchThrough(scene, "", host)).toEqual(reached);
    expect(JSON.stringify(host.lines)).not.toContain("hunter2");
  });

  it("that wants credentials and gets none, or wrong ones, is reported without showing them", async () => {
    const scene = await startIssuer();
    const proxy = await startHttpProxy(scene.issuer.port, { authorization: "Basic c2VjcmV0" });
    expect(await fetchThrough(scene, `http://anna:hunter2@127.0.0.1:${proxy.port}`)).toBe(
      `PROXY_FAILED: the proxy 127.0.0.1:${proxy.port} asks for a user name and password`,
    );
  });

  it("that forbids the host is reported with its status", async () => {
    const scene = await startIssuer();
    const proxy = await startHttpProxy(scene.issuer.port, { status: 403 });
    expect(await fetchThrough(scene, proxy.origin)).toBe(
      `PROXY_FAILED: the proxy 127.0.0.1:${proxy.port} refused the connection to ${issuerHost}:443 with status 403`,
    );
  });

  it("that is not there is reported as the proxy's failure, not the issuer's", async () => {
    const scene = await startIssuer();
    const proxy = await startHttpProxy(scene.issuer.port);
    await proxy.close();
    expect(await fetchThrough(scene, proxy.origin)).toBe(
      `PROXY_FAILED: the proxy 127.0.0.1:${proxy.port} cannot be reached (ECONNREFUSED)`,
    );
  });

  it.each([
    ["closes the connection", ""],
    ["does not speak HTTP: it answered SSH-2.0-x", "SSH-2.0-x\r\n\r\n"],
    ["sent bytes that do not belong to its answer", "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}"],
    ["answered with too many headers", `HTTP/1.1 200 OK\r\nx: ${"a".repeat(70_000)}`],
  ])("that %s is reported", async (what, answer) => {
    const scene = await startIssuer();
    const proxy = await startTcpServer(
      (socket) => void socket.once("data", () => (answer === "" ? socket.destroy() : socket.write(answer))),
    );
    expect(await fetchThrough(scene, `http://127.0.0.1:${proxy.port}`)).toBe(
      `PROXY_FAILED: the proxy 127.0.0.1:${proxy.port} ${what.replace("closes", "closed")}`,
    );
  });

  it("is handed an http request as a whole URL", async () => {
    const seen: IncomingMessage[] = [];
    const proxy = await startServer((request, response) => {
      seen.push(request);
      sendJson(response, {});
    });
    const fetch = createFetch({}, createTestNetworkHost({ HTTP_PROXY: `http://a:b@127.0.0.1:${proxy.port}` }));
    await fetch("http://issuer.invalid:8080/path?q=1");
    expect(seen[0]?.url).toBe("http://issuer.invalid:8080/path?q=1");
    expect(seen[0]?.headers).toMatchObject({ host: "issuer.invalid:8080", "proxy-authorization": "Basic YTpi" });
  });

  it("is not used for a host in NO_PROXY", async () => {
    const scene = await startIssuer();
    const proxy = await startHttpProxy(scene.issuer.port);
    const host = createTestNetworkHost({ HTTPS_PROXY: proxy.origin, NO_PROXY: ".invalid" });
    expect(await fetchThrough(scene, "", host)).toMatch(/^ISSUER_UNREACHABLE/);
    expect(proxy.targets).toEqual([]);
  });
});

describe("a SOCKS5 proxy", () => {
  it("carries an https request and resolves the name itself", async () => {
    const scene = await startIssuer();
    const proxy = await startSocksProxy(scene.issuer.port);
    expect(await fetchThrough(scene, `socks5://127.0.0.1:${proxy.port}`)).toEqual(reached);
    expect(proxy.seen).toEqual([`050100030e${Buffer.from(issuerHost).toString("hex")}01bb`]);
  });

  it("carries an http request as well", async () => {
    const issuer = await startServer((request, response) => sendJson(response, { path: request.url }));
    const proxy = await startSocksProxy(issuer.port);
    const fetch = createFetch({}, createTestNetworkHost({ HTTP_PROXY: `socks5://127.0.0.1:${proxy.port}` }));
    expect(await (await fetch(`http://${issuerHost}:8080/keys`)).json()).toEqual({ path: "/keys" });
  });

  it("gets user name and password", async () => {
    const scene = await startIssuer();
    const proxy = await startSocksProxy(scene.issuer.port, { method: 2 });
    expect(await fetchThrough(scene, `socks5://anna:hunter2@127.0.0.1:${proxy.port}`)).toEqual(reached);
    expect(await fetchThrough(scene, `socks5://anna:wrong@127.0.0.1:${proxy.port}`)).toMatch(
      /^PROXY_FAILED: .* refused the user name and password/,
    );
  });

  it.each([
    [{ method: 255 }, "asks for another way to authenticate"],
    [{ reply: 2 }, `does not allow the connection for ${issuerHost}:443`],
    [{ reply: 5 }, `found the connection refused for ${issuerHost}:443`],
    [{ reply: 99 }, `answered 99 for ${issuerHost}:443`],
  ] as const)("that answers %j is reported", async (settings, what) => {
    const scene = await startIssuer();
    const proxy = await startSocksProxy(scene.issuer.port, settings);
    expect(await fetchThrough(scene, `socks5://127.0.0.1:${proxy.port}`)).toBe(`PROXY_FAILED: the proxy 127.0.0.1:${proxy.port} ${what}`);
  });

  it("gets IPv4 and IPv6 addresses as such", () => {
    expect(formatSocksRequest("10.1.2.3", 443).toString("hex")).toBe("050100010a01020301bb");
    expect(formatSocksRequest("2001:db8::1", 80).toString("hex")).toBe("0501000420010db80000000000000000000000010050");
    expect(formatSocksRequest("::", 80).toString("hex")).toBe(`05010004${"00".repeat(16)}0050`);
    expect(formatSocksRequest("1:2:3:4:5:6:7:8", 80).toString("hex")).toBe("05010004000100020003000400050006000700080050");
  });
});

function outcomeOf(work: () => unknown): string {
  try {
    work();
    return "understood";
  } catch (error) {
    return isCredentialError(error) ? error.code : `another error: ${String(error)}`;
  }
}

describe("what a hostile proxy says", () => {
  const proxy: Proxy = { scheme: "http", host: "proxy.example", port: 1, credentials: { user: "a", password: new Secret("b") } };
  const parsers: readonly ((bytes: Buffer) => unknown)[] = [
    (bytes) => judgeConnectAnswer(bytes, proxy, "target"),
    (bytes) => judgeSocksMethod(bytes, proxy),
    (bytes) => judgeSocksReply(bytes, proxy, "target"),
  ];

  it("fails with PROXY_FAILED only", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...parsers), (bytes, parse) => {
        expect(outcomeOf(() => parse(Buffer.from(bytes)))).toMatch(/^(understood|PROXY_FAILED)$/);
      }),
    );
  });
});
