import { isIP, isIPv4, type Socket } from "node:net";
import { readGreeting } from "./await-socket.ts";
import { createProxyError } from "./http-tunnel.ts";
import type { Proxy } from "./select-proxy.ts";

const version = 5;
const methods = { none: 0, password: 2 } as const;

// RFC 1928 §6.
const replies: readonly string[] = [
  "succeeded",
  "failed",
  "does not allow the connection",
  "cannot reach the network",
  "cannot reach the host",
  "found the connection refused",
  "found the host silent",
  "does not support CONNECT",
  "does not support the kind of address",
];

function formatAddress(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from([1, ...host.split(".").map(Number)]);
  if (isIP(host) === 0) {
    const name = Buffer.from(host);
    return Buffer.concat([Buffer.from([3, name.length]), name]);
  }
  return Buffer.concat([Buffer.from([4]), parseIpv6(host)]);
}

function parseIpv6(host: string): Buffer {
  // A URL host has no dotted quad and at most one "::".
  const [head = "", tail = ""] = host.split("::");
  const groupsOf = (text: string): number[] => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groupsOf(head), groupsOf(tail)];
  const groups = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  const bytes = Buffer.alloc(16);
  groups.forEach((group, index) => bytes.writeUInt16BE(group, index * 2));
  return bytes;
}

/** The CONNECT request of RFC 1928 §4; names go to the proxy unresolved. */
export function formatSocksRequest(host: string, port: number): Buffer {
  return Buffer.concat([Buffer.from([version, 1, 0]), formatAddress(host), Buffer.from([port >> 8, port & 0xff])]);
}

/** The user name and password of RFC 1929 §2. Throws `PROXY_FAILED` for one of more than 255 bytes. */
function formatSocksCredentials(proxy: Proxy): Buffer {
  const user = Buffer.from(proxy.credentials?.user ?? "");
  const password = Buffer.from(proxy.credentials?.password.reveal() ?? "");
  if (user.length > 255 || password.length > 255) throw createProxyError(proxy, "takes at most 255 bytes of user name and of password");
  return Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]);
}

function judgeLength(bytes: Buffer, length: number, proxy: Proxy): boolean {
  if (bytes.length > length) throw createProxyError(proxy, "sent bytes that do not belong to its answer");
  return bytes.length === length;
}

/** Judges the choice of a method (RFC 1928 §3): `undefined` while incomplete. Throws `PROXY_FAILED`. */
export function judgeSocksMethod(bytes: Buffer, proxy: Proxy): "none" | "password" | undefined {
  if (bytes.length > 0 && bytes[0] !== version) throw createProxyError(proxy, "does not speak SOCKS5");
  if (!judgeLength(bytes, 2, proxy)) return undefined;
  if (bytes[1] === methods.none) return "none";
  if (bytes[1] === methods.password && proxy.credentials !== undefined) return "password";
  throw createProxyError(
    proxy,
    "asks for another way to authenticate",
    "put user name and password into the proxy URL: socks5://USER:PASSWORD@HOST:PORT",
  );
}

/** Judges the answer to the credentials (RFC 1929 §2): `undefined` while incomplete. Throws `PROXY_FAILED`. */
function judgeSocksLogin(bytes: Buffer, proxy: Proxy): true | undefined {
  if (!judgeLength(bytes, 2, proxy)) return undefined;
  if (bytes[1] === 0) return true;
  throw createProxyError(proxy, "refused the user name and password of the proxy URL");
}

const addressLengths: Readonly<Record<number, number>> = { 1: 4, 4: 16 };

/** Judges the answer to the request (RFC 1928 §6): `undefined` while incomplete. Throws `PROXY_FAILED`. */
export function judgeSocksReply(bytes: Buffer, proxy: Proxy, target: string): true | undefined {
  const [spoken = version, reply = 0] = bytes;
  if (spoken !== version) throw createProxyError(proxy, "does not speak SOCKS5");
  if (reply !== 0) throw createProxyError(proxy, `${replies[reply] ?? `answered ${reply}`} for ${target}`);
  if (bytes.length < 5) return undefined;
  const [kind, nameLength] = [bytes.readUInt8(3), bytes.readUInt8(4)];
  const addressLength = kind === 3 ? 1 + nameLength : addressLengths[kind];
  if (addressLength === undefined) throw createProxyError(proxy, "answered with an unknown kind of address");
  return judgeLength(bytes, 4 + addressLength + 2, proxy) ? true : undefined;
}

/** Asks a SOCKS5 proxy on a connected socket for a tunnel (RFC 1928, RFC 1929). Throws `PROXY_FAILED`. */
export async function openSocksTunnel(socket: Socket, proxy: Proxy, host: string, port: string, signal: AbortSignal): Promise<void> {
  if (Buffer.byteLength(host) > 255) throw createProxyError(proxy, "takes names of at most 255 bytes");
  const read = <T>(parse: (bytes: Buffer) => T | undefined): Promise<T> =>
    readGreeting(socket, signal, () => createProxyError(proxy, "answered too much"), parse);
  const offered = proxy.credentials === undefined ? [methods.none] : [methods.none, methods.password];
  socket.write(Buffer.from([version, offered.length, ...offered]));
  if ((await read((bytes) => judgeSocksMethod(bytes, proxy))) === "password") {
    socket.write(formatSocksCredentials(proxy));
    await read((bytes) => judgeSocksLogin(bytes, proxy));
  }
  socket.write(formatSocksRequest(host, Number(port)));
  await read((bytes) => judgeSocksReply(bytes, proxy, `${host}:${port}`));
}
