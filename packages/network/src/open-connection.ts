import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { awaitSocket } from "./await-socket.ts";
import { createProxyError, openHttpTunnel } from "./http-tunnel.ts";
import { codeOf, createNetworkError, createTlsError } from "./network-failure.ts";
import type { Proxy } from "./select-proxy.ts";
import { openSocksTunnel } from "./socks-tunnel.ts";
import type { TlsSettings } from "./tls-settings.ts";
import { hostOf, portOf } from "./url-parts.ts";

/** True when requests for a URL are sent to the proxy itself, with the whole URL in the request line. */
export function isForwarded(url: URL, proxy: Proxy): boolean {
  return url.protocol === "http:" && proxy.scheme !== "socks5";
}

async function openTcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port });
  return await awaitSocket(socket, signal, (resolve) => {
    const connected = (): void => resolve(socket);
    socket.on("connect", connected);
    return () => socket.off("connect", connected);
  });
}

async function startTls(socket: Socket, host: string, settings: ConnectionOptions, signal: AbortSignal): Promise<Socket> {
  const name = settings.servername || host;
  // An address is no server name (RFC 6066 §3); `host` is what the certificate is checked against.
  const secured = connectTls({ ...settings, socket, host: name, servername: isIP(name) === 0 ? name : "" });
  return await awaitSocket<Socket>(secured, signal, (resolve) => {
    const ready = (): void => resolve(secured);
    secured.on("secureConnect", ready);
    return () => secured.off("secureConnect", ready);
  });
}

async function openProxy(proxy: Proxy, tls: TlsSettings, signal: AbortSignal): Promise<Socket> {
  const target = `${proxy.host}:${proxy.port}`;
  let socket: Socket;
  try {
    socket = await openTcp(proxy.host, proxy.port, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw createProxyError(proxy, `cannot be reached (${codeOf(error) || "unknown reason"})`);
  }
  if (proxy.scheme !== "https") return socket;
  try {
    return await startTls(socket, proxy.host, tls.forProxy(), signal);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw createTlsError(error, `the proxy ${target}`);
  }
}

async function openTunnel(url: URL, proxy: Proxy, tls: TlsSettings, signal: AbortSignal): Promise<Socket> {
  const socket = await openProxy(proxy, tls, signal);
  if (isForwarded(url, proxy)) return socket;
  const open = proxy.scheme === "socks5" ? openSocksTunnel : openHttpTunnel;
  try {
    await open(socket, proxy, hostOf(url), portOf(url), signal);
    return socket;
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    if (codeOf(error) === "ECONNRESET") throw createProxyError(proxy, "closed the connection");
    throw error;
  }
}

async function openDirect(url: URL, signal: AbortSignal): Promise<Socket> {
  try {
    return await openTcp(hostOf(url), Number(portOf(url)), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw createNetworkError(error, url.host);
  }
}

/**
 * A connection over which HTTP can be spoken with a URL's host: TCP, or a tunnel through a proxy, and TLS for https.
 * Throws `ISSUER_UNREACHABLE`, `TLS_UNTRUSTED` or `PROXY_FAILED`; the signal's reason when it aborts.
 */
export async function openConnection(url: URL, proxy: Proxy | undefined, tls: TlsSettings, signal: AbortSignal): Promise<Socket> {
  const socket = proxy === undefined ? await openDirect(url, signal) : await openTunnel(url, proxy, tls, signal);
  // Reading the proxy's greeting has paused it, and nobody who speaks HTTP on it would notice.
  if (url.protocol !== "https:") return socket.resume();
  try {
    return await startTls(socket, hostOf(url), tls.forTarget(), signal);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw createTlsError(error, url.host);
  }
}
