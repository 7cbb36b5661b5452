import { isCredentialError } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { createTestNetworkHost } from "./test-support/host.ts";
import { sendJson, startServer, startTcpServer } from "./test-support/servers.ts";
import { createFetch } from "./create-fetch.ts";

async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "no failure";
  } catch (error) {
    return isCredentialError(error) ? `${error.code}: ${error.message}` : `another error: ${String(error)}`;
  }
}

describe("a request", () => {
  it("sends method, path, headers and form, and gives status, headers and body", async () => {
    const server = await startServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () =>
        sendJson(response, { method: request.method, url: request.url, headers: request.headers, body }, 201, { "x-answer": "yes" }),
      );
    });
    const fetch = createFetch({ headers: { "X-Tenant": "blue", Authorization: "no", "content-type": "no" } }, createTestNetworkHost());
    const response = await fetch(`${server.origin}/token?a=1`, {
      method: "POST",
      headers: { Authorization: "Basic abc" },
      body: new URLSearchParams({ grant_type: "x y" }),
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("x-answer")).toBe("yes");
    expect(await response.json()).toMatchObject({
      method: "POST",
      url: "/token?a=1",
      body: "grant_type=x+y",
      headers: {
        host: new URL(server.origin).host,
        "x-tenant": "blue",
        authorization: "Basic abc",
        "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
        "content-length": "14",
        connection: "close",
      },
    });
  });

  it("does not follow a redirect", async () => {
    const server = await startServer((_request, response) => response.writeHead(302, { location: "/elsewhere" }).end());
    const response = await createFetch({}, createTestNetworkHost())(`${server.origin}/`);
    expect([response.status, response.headers.get("location"), server.requests.length]).toEqual([302, "/elsewhere", 1]);
  });

  it("gives an empty answer as it is", async () => {
    const server = await startServer((_request, response) => response.writeHead(204).end());
    const response = await createFetch({}, createTestNetworkHost())(`${server.origin}/`);
    expect([response.status, await response.text()]).toEqual([204, ""]);
  });

  it("logs method, host, path, status and duration, and neither query, headers nor body", async () => {
    const server = await startServer((_request, response) => sendJson(response, { access_token: "canary" }));
    const host = createTestNetworkHost();
    await createFetch({ headers: { "x-key": "canary" } }, host)(`${server.origin}/token?code=canary`, { method: "POST", body: "canary" });
    expect(host.lines).toEqual([
      {
        level: "debug",
        message: "request",
        fields: { method: "POST", host: new URL(server.origin).host, path: "/token", status: 200, durationMs: 0 },
      },
    ]);
  });

  it.each([
    ["Host", "a"],
    ["Transfer-Encoding", "chunked"],
    ["bad name", "a"],
    ["X-Split", "a\r\nb: c"],
  ])("refuses the configured header %s: %j", async (name, value) => {
    const failure = await failureOf(createFetch({ headers: { [name]: value } }, createTestNetworkHost())("http://127.0.0.1:1/"));
    expect(failure).toMatch(/^CONFIG_INVALID: the header /);
  });

  it("refuses what is no http URL", async () => {
    expect(await failureOf(createFetch({}, createTestNetworkHost())("file:///etc/passwd"))).toMatch(/^ISSUER_INVALID/);
  });
});

describe("an answer that breaks a limit", () => {
  it("is refused when its body is too large, before all of it is read", async () => {
    const server = await startServer((_request, response) => {
      const more = (): void => void (response.write(Buffer.alloc(64 * 1024)) ? setImmediate(more) : response.once("drain", more));
      more();
    });
    expect(await failureOf(createFetch({ maxResponseBytes: 100_000 }, createTestNetworkHost())(`${server.origin}/`))).toMatch(
      /^RESPONSE_INVALID: .* answered with more than 100000 bytes$/,
    );
  });

  it("is refused when its headers are too large", async () => {
    const server = await startTcpServer(
      (socket) => void socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(100_000)}\r\n\r\n`)),
    );
    expect(await failureOf(createFetch({}, createTestNetworkHost())(`http://127.0.0.1:${server.port}/`))).toMatch(
      /^(RESPONSE_INVALID|ISSUER_UNREACHABLE)/,
    );
  });

  it("is refused when it is not HTTP", async () => {
    const server = await startTcpServer((socket) => void socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9\r\n\r\n")));
    expect(await failureOf(createFetch({}, createTestNetworkHost())(`http://127.0.0.1:${server.port}/`, { method: "POST" }))).toMatch(
      /^(RESPONSE_INVALID|ISSUER_UNREACHABLE)/,
    );
  });

  it("is refused when it ends too early", async () => {
    const server = await startTcpServer(
      (socket) => void socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")),
    );
    expect(await failureOf(createFetch({}, createTestNetworkHost())(`http://127.0.0.1:${server.port}/`, { method: "POST" }))).toMatch(
      /^ISSUER_UNREACHABLE: .* the connection was closed$/,
    );
  });
});

describe("an issuer that cannot be reached", () => {
  it("is named with the reason when it refuses the connection", async () => {
    const server = await startServer(() => {});
    await server.close();
    expect(await failureOf(createFetch({}, createTestNetworkHost())(`${server.origin}/`))).toBe(
      `ISSUER_UNREACHABLE: cannot reach 127.0.0.1:${server.port}: the connection was refused`,
    );
  });

  it("is named when its name is unknown", async () => {
    expect(await failureOf(createFetch({}, createTestNetworkHost())("http://issuer.invalid/"))).toMatch(
      /^ISSUER_UNREACHABLE: cannot reach issuer.invalid: /,
    );
  });

  it("is given up when the answer takes longer than the total time", async () => {
    const server = await startServer((_request, response) => void response.write("{"));
    expect(await failureOf(createFetch({ totalTimeoutMs: 80 }, createTestNetworkHost())(`${server.origin}/`))).toBe(
      `ISSUER_UNREACHABLE: 127.0.0.1:${server.port} did not answer within 0.08 s`,
    );
  });

  it("is given up when the TLS handshake takes longer than the time to connect", async () => {
    const server = await startTcpServer(() => {});
    expect(await failureOf(createFetch({ connectTimeoutMs: 80 }, createTestNetworkHost())(`https://127.0.0.1:${server.port}/`))).toBe(
      `ISSUER_UNREACHABLE: 127.0.0.1:${server.port} did not take a connection within 0.08 s`,
    );
  });
});

describe("an aborted request", () => {
  it.each(["http", "https"])("rejects at once with the signal's reason while it waits (%s)", async (scheme) => {
    const controller = new AbortController();
    const reason = new Error("stop");
    const server = await startTcpServer((socket) => void socket.once("data", () => controller.abort(reason)));
    await expect(
      createFetch({}, createTestNetworkHost())(`${scheme}://127.0.0.1:${server.port}/`, { signal: controller.signal }),
    ).rejects.toBe(reason);
  });

  it("is not sent when the signal aborted before", async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    const reason = new Error("stop");
    await expect(createFetch({}, createTestNetworkHost())(`${server.origin}/`, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.requests).toEqual([]);
  });

  it("is not sent again when the signal aborts between two tries", async () => {
    const controller = new AbortController();
    const server = await startServer((_request, response) => sendJson(response, {}, 503));
    const host = createTestNetworkHost();
    const reason = new Error("stop");
    const clock = { ...host.clock, sleep: async (): Promise<void> => controller.abort(reason) };
    await expect(createFetch({}, { ...host, clock })(`${server.origin}/`, { signal: controller.signal })).rejects.toBe(reason);
    expect(server.requests.length).toBe(1);
  });
});

describe("a GET that failed", () => {
  it("is sent up to twice more, then its last answer stands", async () => {
    const server = await startServer((_request, response) => sendJson(response, {}, 503));
    const host = createTestNetworkHost();
    const response = await createFetch({}, host)(`${server.origin}/`);
    expect([response.status, server.requests.length, host.slept]).toEqual([503, 3, [200, 800]]);
  });

  it("succeeds when a later try does", async () => {
    let count = 0;
    const server = await startTcpServer((socket) => {
      count += 1;
      if (count === 1) socket.once("data", () => socket.destroy());
      else socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    });
    const response = await createFetch({}, createTestNetworkHost())(`http://127.0.0.1:${server.port}/`);
    expect([await response.text(), count]).toEqual(["ok", 2]);
  });

  it("waits as long as the issuer asks, up to five seconds", async () => {
    const server = await startServer((_request, response) => sendJson(response, {}, 429, { "retry-after": "5" }));
    const host = createTestNetworkHost();
    await createFetch({}, host)(`${server.origin}/`);
    expect(host.slept).toEqual([5000, 5000]);
  });

  it("is not sent again when the issuer asks for a longer wait", async () => {
    const server = await startServer((_request, response) => sendJson(response, {}, 429, { "retry-after": "6" }));
    const host = createTestNetworkHost();
    const response = await createFetch({}, host)(`${server.origin}/`);
    expect([response.status, host.slept]).toEqual([429, []]);
  });

  it("understands a date to wait for", async () => {
    const server = await startServer((_request, response) =>
      sendJson(response, {}, 503, { "retry-after": "Tue, 01 Jan 2030 00:00:03 GMT" }),
    );
    const host = createTestNetworkHost();
    await createFetch({}, host)(`${server.origin}/`);
    expect(host.slept).toEqual([3000, 800]);
  });
});

describe("a POST that failed", () => {
  it("is never sent again, for it may have had its effect", async () => {
    let count = 0;
    const server = await startTcpServer((socket) => {
      count += 1;
      socket.once("data", () => socket.destroy());
    });
    expect(
      await failureOf(createFetch({}, createTestNetworkHost())(`http://127.0.0.1:${server.port}/`, { method: "POST", body: "a" })),
    ).toMatch(/^ISSUER_UNREACHABLE/);
    expect(count).toBe(1);
  });
});
