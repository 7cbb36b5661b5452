import { isIPv6, type Socket } from "node:net";
import { CredentialError, formatPrintable } from "@kubepass/wire";
import { readGreeting } from "./await-socket.ts";
import type { Proxy } from "./select-proxy.ts";

/** The value of `Proxy-Authorization` for a proxy with credentials (RFC 7617). */
export function formatProxyAuthorization(proxy: Proxy): string | undefined {
  if (proxy.credentials === undefined) return undefined;
  const { user, password } = proxy.credentials;
  return `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString("base64")}`;
}

/** A failure of a proxy, named by its address alone. */
export function createProxyError(proxy: Proxy, what: string, hint?: string): CredentialError {
  return new CredentialError("PROXY_FAILED", `the proxy ${proxy.host}:${proxy.port} ${what}`, {
    hint: hint ?? "check HTTPS_PROXY and NO_PROXY; a host in NO_PROXY is reached without the proxy",
    retryable: true,
  });
}

/**
 * Judges what a proxy answered to CONNECT: `undefined` while its headers are not complete.
 * Throws `PROXY_FAILED` unless the status is 2xx and nothing follows the headers (RFC 9110 §9.3.6).
 */
export function judgeConnectAnswer(bytes: Buffer, proxy: Proxy, target: string): true | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const statusLine = bytes.subarray(0, bytes.indexOf("\r\n")).toString("latin1");
  const [, status = ""] = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine) ?? [];
  if (status === "407") {
    throw createProxyError(
      proxy,
      "asks for a user name and password",
      "put them into the URL of HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT",
    );
  }
  if (status === "") throw createProxyError(proxy, `does not speak HTTP: it answered ${formatPrintable(statusLine, 60)}`);
  if (!status.startsWith("2")) throw createProxyError(proxy, `refused the connection to ${target} with status ${status}`);
  // The target speaks only after us, so these bytes are not the target's.
  if (bytes.length > end + 4) throw createProxyError(proxy, "sent bytes that do not belong to its answer");
  return true;
}

/** Asks an HTTP proxy on a connected socket for a tunnel. Throws `PROXY_FAILED`. */
export async function openHttpTunnel(socket: Socket, proxy: Proxy, host: string, port: string, signal: AbortSignal): Promise<void> {
  const target = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const authorization = formatProxyAuthorization(proxy);
  const lines = [
    `CONNECT ${target} HTTP/1.1`,
    `Host: ${target}`,
    ...(authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  await readGreeting(
    socket,
    signal,
    () => createProxyError(proxy, "answered with too many headers"),
    (bytes) => judgeConnectAnswer(bytes, proxy, target),
  );
}
