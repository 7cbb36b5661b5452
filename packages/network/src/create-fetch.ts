import type { Socket } from "node:net";
import { CredentialError } from "@kubepass/wire";
import type { Fetch, FetchRequest } from "./fetch.ts";
import { runWithDeadline } from "./deadline.ts";
import { exchange, StaleConnectionError, type WireRequest } from "./exchange.ts";
import { KeptConnections } from "./kept-connections.ts";
import { formatProxyAuthorization } from "./http-tunnel.ts";
import { isConnectionBroken } from "./network-failure.ts";
import type { NetworkHost, NetworkOptions } from "./network-options.ts";
import { isForwarded, openConnection } from "./open-connection.ts";
import { formatHeaders } from "./request-headers.ts";
import { type Proxy, selectProxy } from "./select-proxy.ts";
import { createTlsSettings, type TlsSettings } from "./tls-settings.ts";
import { findUrl } from "./url-parts.ts";

const defaultConnectTimeoutMs = 10_000;
const defaultTotalTimeoutMs = 30_000;
const defaultMaxResponseBytes = 1024 * 1024;
const retryDelaysMs = [200, 800];
const maxRetryAfterMs = 5000;

function parseRequestUrl(text: string): URL {
  const url = findUrl(text);
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new CredentialError("ISSUER_INVALID", `${text} is not an http or https URL`);
}

function formatBody(body: FetchRequest["body"]): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  return body instanceof URLSearchParams ? body.toString() : body;
}

function formatWireRequest(url: URL, request: FetchRequest, proxy: Proxy | undefined, options: NetworkOptions): WireRequest {
  const body = formatBody(request.body);
  const form = request.body instanceof URLSearchParams ? { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" } : {};
  const headers = formatHeaders(url, { ...form, ...request.headers }, options.headers ?? {}, body);
  const path = `${url.pathname}${url.search}`;
  const isWholeUrlSent = proxy !== undefined && isForwarded(url, proxy);
  const authorization = isWholeUrlSent ? formatProxyAuthorization(proxy) : undefined;
  return {
    url,
    method: request.method ?? "GET",
    requestTarget: isWholeUrlSent ? `${url.origin}${path}` : path,
    headers: authorization === undefined ? headers : { ...headers, "proxy-authorization": authorization },
    body,
    maxResponseBytes: options.maxResponseBytes ?? defaultMaxResponseBytes,
  };
}

function createTimeoutError(url: URL, what: string, timeoutMs: number): CredentialError {
  return new CredentialError("ISSUER_UNREACHABLE", `${url.host} ${what} within ${timeoutMs / 1000} s`, {
    retryable: true,
    hint: "try again; check the network and the proxy",
  });
}

/** Connections that are kept, by where they lead. */
type Kept = Map<string, KeptConnections>;

/** What one fetch has for all its requests. */
interface Sending {
  readonly options: NetworkOptions;
  readonly host: NetworkHost;
  readonly tls: TlsSettings;
  /** Present when connections are kept. */
  readonly kept: Kept | undefined;
}

const maxKeptServers = 64;

function findKept(kept: Kept, key: string, create: () => KeptConnections): KeptConnections {
  const known = kept.get(key) ?? create();
  kept.delete(key);
  const [oldest] = kept.size >= maxKeptServers ? kept : [];
  if (oldest !== undefined) {
    oldest[1].destroy();
    kept.delete(oldest[0]);
  }
  kept.set(key, known);
  return known;
}

/** A kept connection may have been closed by the other side: then the next one is tried, and in the end a new one. */
async function exchangeKept(connections: KeptConnections, request: WireRequest, signal: AbortSignal): Promise<Response> {
  for (;;) {
    try {
      return await exchange(connections, request, signal);
    } catch (error) {
      if (!(error instanceof StaleConnectionError)) throw error;
    }
  }
}

async function sendOnce(url: URL, request: FetchRequest, sending: Sending): Promise<Response> {
  const { options, host, tls, kept } = sending;
  const { connectTimeoutMs = defaultConnectTimeoutMs, totalTimeoutMs = defaultTotalTimeoutMs } = options;
  const proxy = selectProxy(url, host.environment.variables);
  const wireRequest = formatWireRequest(url, request, proxy, options);
  const createTotalError = (): CredentialError => createTimeoutError(url, "did not answer", totalTimeoutMs);
  const createConnectError = (): CredentialError => createTimeoutError(url, "did not take a connection", connectTimeoutMs);
  return await runWithDeadline(totalTimeoutMs, request.signal, createTotalError, async (signal) => {
    const open = async (outer: AbortSignal | undefined): Promise<Socket> =>
      await runWithDeadline(connectTimeoutMs, outer, createConnectError, (inner) => openConnection(url, proxy, tls, inner));
    if (kept === undefined || wireRequest.method !== "GET") return await exchange(await open(signal), wireRequest, signal);
    const key = `${url.origin} ${proxy === undefined ? "" : `${proxy.scheme}://${proxy.host}:${proxy.port}`}`;
    const create = (): KeptConnections => new KeptConnections(async () => await open(undefined));
    const lasting = { ...wireRequest, headers: { ...wireRequest.headers, connection: "keep-alive" } };
    return await exchangeKept(findKept(kept, key, create), lasting, signal);
  });
}

/** How long to wait before sending an idempotent request again; `undefined` when its outcome stands. */
function findRetryDelayMs(outcome: Response | Error, attempt: number, now: Date): number | undefined {
  const delayMs = retryDelaysMs[attempt];
  if (delayMs === undefined) return undefined;
  if (outcome instanceof Error) return isConnectionBroken(outcome) ? delayMs : undefined;
  if (outcome.status < 500 && outcome.status !== 429) return undefined;
  const retryAfter = outcome.headers.get("retry-after");
  if (retryAfter === null) return delayMs;
  const askedMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now.getTime();
  if (Number.isNaN(askedMs)) return delayMs;
  return askedMs > maxRetryAfterMs ? undefined : Math.max(askedMs, delayMs);
}

function maxRetriesOf(request: FetchRequest, options: NetworkOptions): number {
  return (request.method ?? "GET") === "GET" ? (options.maxRetries ?? retryDelaysMs.length) : 0;
}

function statusOf(outcome: Response | Error): number | string {
  if (!(outcome instanceof Error)) return outcome.status;
  return outcome instanceof CredentialError ? outcome.code : outcome.name;
}

/**
 * A `fetch` on node:http for talking to issuers. What it promises:
 * - system authorities plus given ones, TLS 1.2 or newer; a proxy by Go's rules; no redirect is followed;
 * - time-outs for connecting and in total, limits for the size of headers and body;
 * - a GET is sent up to twice more (`maxRetries`) after a broken connection, 5xx or 429 (`Retry-After` up to 5 s); nothing else is;
 * - an aborted request rejects at once with the signal's reason;
 * - each request is one debug line of method, host, path, status and duration.
 *
 * Statuses are for the caller to judge. Requests reject with `ISSUER_UNREACHABLE`, `TLS_UNTRUSTED`, `PROXY_FAILED` (all retryable),
 * `RESPONSE_INVALID` (too large or not HTTP), `FILE_UNREADABLE` (certificates), `CONFIG_INVALID` (headers) or `ISSUER_INVALID` (no URL).
 */
export function createFetch(options: NetworkOptions, host: NetworkHost): Fetch {
  const tls = createTlsSettings(options, host);
  if (options.isServerCertificateUnchecked === true) {
    host.log.warn("server certificates are not checked: anybody on the way can read and change what is sent, so no session is stored");
  }
  const sending: Sending = { options, host, tls, kept: options.isKeptAlive === true ? new Map() : undefined };
  const send = async (url: URL, request: FetchRequest): Promise<Response | Error> => {
    const startedAt = host.clock.now().getTime();
    const outcome = await sendOnce(url, request, sending).catch((error: unknown) =>
      error instanceof Error ? error : new Error(String(error)),
    );
    const durationMs = host.clock.now().getTime() - startedAt;
    host.log.debug("request", {
      method: request.method ?? "GET",
      host: url.host,
      path: url.pathname,
      status: statusOf(outcome),
      durationMs,
    });
    return outcome;
  };
  return async (text, request = {}) => {
    const url = parseRequestUrl(text);
    const maxRetries = maxRetriesOf(request, options);
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await send(url, request);
      request.signal?.throwIfAborted();
      const delayMs = attempt < maxRetries ? findRetryDelayMs(outcome, attempt, host.clock.now()) : undefined;
      if (delayMs !== undefined) await host.clock.sleep(delayMs, request.signal ?? new AbortController().signal);
      else if (outcome instanceof Error) throw outcome;
      else return outcome;
    }
  };
}
