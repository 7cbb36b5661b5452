import type { Socket } from "node:net";
import { isCredentialError } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { createFetch } from "./create-fetch.ts";
import { createAuthority } from "./test-support/certificates.ts";
import { createTestNetworkHost } from "./test-support/host.ts";
import { type Responder, sendJson, startHttpProxy, startServer } from "./test-support/servers.ts";

interface Scene {
  readonly sockets: Set<Socket>;
  ask(path?: string): Promise<string>;
}

async function createScene(responder: Responder): Promise<Scene> {
  const authority = await createAuthority();
  const sockets = new Set<Socket>();
  const server = await startServer(
    (request, response) => {
      sockets.add(request.socket);
      responder(request, response);
    },
    await authority.issue({ names: ["sts.invalid"] }),
  );
  const proxy = await startHttpProxy(server.port);
  const host = createTestNetworkHost({ HTTPS_PROXY: proxy.origin });
  const options = { certificateAuthorityPems: [authority.certificatePem], isKeptAlive: true, maxRetries: 0, maxResponseBytes: 1000 };
  const fetch = createFetch(options, host);
  return {
    sockets,
    async ask(path = "/") {
      try {
        return await (await fetch(`https://sts.invalid${path}`)).text();
      } catch (error) {
        return isCredentialError(error) ? error.code : String(error);
      }
    },
  };
}

describe("connections that are kept", () => {
  it("carry one request after the other", async () => {
    const scene = await createScene((_, response) => sendJson(response, "ok"));
    for (let count = 0; count < 5; count += 1) expect(await scene.ask()).toBe('"ok"');
    expect(scene.sockets.size).toBe(1);
  });

  it("carry as many as are asked at once, and answers are not mixed up", async () => {
    const scene = await createScene((request, response) => sendJson(response, request.url));
    for (let round = 0; round < 3; round += 1) {
      const paths = Array.from({ length: 10 }, (_, index) => `/${round}/${index}`);
      expect(await Promise.all(paths.map(async (path) => await scene.ask(path)))).toEqual(paths.map((path) => JSON.stringify(path)));
    }
    expect(scene.sockets.size).toBeLessThanOrEqual(10);
  });

  it("are replaced when the other side has closed them", async () => {
    const scene = await createScene((_, response) => sendJson(response, "ok"));
    for (let count = 0; count < 3; count += 1) {
      expect(await scene.ask()).toBe('"ok"');
      for (const socket of scene.sockets) socket.destroy();
    }
  });

  it("are closed after an answer that is too large, and the next request has another", async () => {
    const scene = await createScene((request, response) => sendJson(response, request.url === "/large" ? "x".repeat(5000) : "ok"));
    expect(await scene.ask("/large")).toBe("RESPONSE_INVALID");
    expect(await scene.ask()).toBe('"ok"');
  });

  it("that break at their first request are told, and not tried again and again", async () => {
    const scene = await createScene((request) => request.socket.destroy());
    expect(await scene.ask()).toBe("ISSUER_UNREACHABLE");
    expect(scene.sockets.size).toBe(1);
  });
});
