import { type Duplex, Readable } from "node:stream";
import { CredentialError, Secret } from "@kubepass/wire";
import { type Authorization, type Authorizer, createAuthorizer } from "../credentials/authorization.ts";
import { findCertificateExpiry, findSourceExpiry, findTokenExpiry } from "../credentials/describe-credentials.ts";
import { formatImpersonation, type HeaderLine } from "../credentials/impersonation-headers.ts";
import { isAnonymous, selectCredentials, type SelectedCredentials } from "../credentials/select-credentials.ts";
import type { ExecPlugin } from "../exec/exec-plugin.ts";
import type { ResolvedConfig } from "../resolved-config.ts";
import type { ClusterAccess, KeyedPlugin } from "./cluster-access.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import { createResponse } from "./create-response.ts";
import { parseFetchRequest, type ParsedRequest, resolveRedirect } from "./fetch-request.ts";
import type { Http1Agent } from "./http1-agent.ts";
import { RequestAgent } from "./request-agent.ts";
import { resolveServerUrl } from "./server-url.ts";
import { openUpgrade } from "./upgrade.ts";
import { isReplayable, type WireAnswer, type WireCall } from "./wire-call.ts";

/** A standard `fetch` whose relative URLs are paths of the API. */
export type ClusterFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** How requests to a cluster are made. */
export interface ClusterOptions {
  /** Sent as `User-Agent` where a request has none. */
  readonly userAgent?: string | undefined;
  /** Sends a request once more after a 401 that brought a new credential, unless its body is a stream or is iterated. client-go does not. */
  readonly isRetriedAfterRefusal?: boolean | undefined;
  /** Refuses a configuration in which nothing says who is asking, which client-go sends anonymously. */
  readonly isAnonymousRefused?: boolean | undefined;
}

/** What an upgrade asks for. */
export interface UpgradeOptions {
  /** Offered as `Sec-WebSocket-Protocol`, best first, such as `v5.channel.k8s.io`. */
  readonly protocols?: readonly string[] | undefined;
  readonly headers?: RequestInit["headers"];
  readonly signal?: AbortSignal | undefined;
}

/** An open WebSocket connection: the bytes are frames of RFC 6455. */
export interface UpgradedConnection {
  readonly socket: Duplex;
  readonly protocol: string;
}

const refusalCodes: Readonly<Record<number, string>> = { 401: "CLUSTER_UNAUTHORIZED", 403: "CLUSTER_FORBIDDEN" };
const maxRedirects = 10;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function hasHeader(lines: readonly HeaderLine[], name: string): boolean {
  return lines.some(([each, value]) => each.toLowerCase() === name && value !== "");
}

function findHeader(answer: WireAnswer, name: string): string | undefined {
  return answer.headers.find(([each]) => each.toLowerCase() === name)?.[1];
}

function refuseAnonymous({ context, user }: ResolvedConfig, { origin, protocol }: URL): CredentialError {
  if (protocol !== "https:") {
    return new CredentialError("LOGIN_REQUIRED", `${origin} is not https: no credentials are sent there, and nothing says who is asking`, {
      hint: "give the cluster its https address",
    });
  }
  const who =
    user.name === "" ? `the context ${JSON.stringify(context)} names no user` : `the user ${JSON.stringify(user.name)} has no credentials`;
  return new CredentialError("LOGIN_REQUIRED", `${who}: nothing says who is asking ${origin}`, {
    hint: "give the context a user with credentials: kubepass kubeconfig add",
  });
}

/** One API server as one user: requests to it are authenticated as client-go would do it. */
export class Cluster {
  /** The URL of the API server. */
  readonly url: URL;
  readonly #config: ResolvedConfig;
  readonly #options: ClusterOptions;
  readonly #selected: SelectedCredentials;
  readonly #authorizer: Authorizer;
  readonly #pool: ConnectionPool;
  readonly #plugin: ExecPlugin | undefined;
  #agent: Http1Agent | undefined;
  #isPrepared = false;

  /**
   * Reads the files that the configuration names; runs no plugin and opens no connection. Throws `CONFIG_INVALID`, `FILE_UNREADABLE`,
   * `AUTH_PROVIDER_UNSUPPORTED`, `PROXY_FAILED`, and `LOGIN_REQUIRED` where anonymous requests are refused.
   */
  constructor(config: ResolvedConfig, access: ClusterAccess, options: ClusterOptions = {}) {
    this.url = resolveServerUrl(config);
    this.#config = config;
    this.#options = options;
    const selected = selectCredentials(config);
    this.#selected = selected;
    if (options.isAnonymousRefused === true && isAnonymous(selected)) throw refuseAnonymous(config, this.url);
    // As client-go: a plugin that could never run is an error even where another credential wins.
    if (config.user.exec !== undefined) access.getPlugin(config, config.user.exec);
    let keyed: KeyedPlugin | undefined;
    const plugin = (exec: Parameters<typeof access.getPlugin>[1]): KeyedPlugin["plugin"] => (keyed = access.getPlugin(config, exec)).plugin;
    this.#authorizer = createAuthorizer(
      selected.authorization,
      { plugin, oidc: (provider) => access.getOidc(config, provider) },
      access.host,
    );
    this.#plugin = keyed?.plugin;
    this.#pool = access.getPool(config, this.url, { certificate: selected.clientCertificate, plugin: keyed });
  }

  /** The configuration that requests are made with. */
  get config(): ResolvedConfig {
    return this.#config;
  }

  /** Which credential of the kubeconfig is used. */
  get credentials(): SelectedCredentials {
    return this.#selected;
  }

  /**
   * When the credential in use ends, as it says itself: the earliest of token, plugin's word and client certificate; `undefined` when
   * nothing says. Asks the credential's source as a request would, and throws what that throws.
   */
  async findExpiry(signal?: AbortSignal): Promise<Date | undefined> {
    const { value } = await this.#authorizer.get(signal);
    const [scheme, token = ""] = value?.reveal().split(" ") ?? [];
    const given = this.#plugin?.find();
    const ends = [
      scheme === "Bearer" ? findTokenExpiry(new Secret(token)) : undefined,
      given?.expiresAt,
      findCertificateExpiry(given?.clientCertificate?.certificatePem),
      findSourceExpiry(this.#selected.clientCertificate),
    ].flatMap((end) => end ?? []);
    return ends.toSorted((left, right) => left.getTime() - right.getTime())[0];
  }

  /**
   * Sends an authenticated request. Statuses are for the caller to judge, 401 included; a redirect is followed on this server only.
   * Rejects with the signal's reason, what breaks the body, what the credential's source throws, `CLUSTER_UNREACHABLE`, `TLS_UNTRUSTED`, `PROXY_FAILED`,
   * `POLICY_REFUSED` for another origin, or `RESPONSE_INVALID`.
   */
  readonly fetch: ClusterFetch = async (input, init) => {
    let request = this.#withTimeout(parseFetchRequest(input, init ?? {}, this.url));
    // Node loads its fetch classes when one is first named: it may do so while the first request waits for a plugin and a connection.
    if (!this.#isPrepared) setImmediate(() => void globalThis.Response);
    this.#isPrepared = true;
    for (let count = 0; ; count += 1) {
      const isDecompressed = this.#decompresses(request);
      const answer = await this.send(request, isDecompressed);
      const next = this.#findRedirect(request, answer);
      if (next === undefined) return createResponse(answer, request.url, isDecompressed);
      answer.body.destroy();
      if (count >= maxRedirects) throw new CredentialError("RESPONSE_INVALID", `${this.url.host} redirects without an end`);
      request = next;
    }
  };

  /**
   * Opens an authenticated WebSocket, as exec, attach and port-forward want it. Rejects as {@link fetch}, and with
   * `CLUSTER_UNAUTHORIZED`, `CLUSTER_FORBIDDEN` or `RESPONSE_INVALID` when the server answers instead.
   */
  async upgrade(path: string, options: UpgradeOptions = {}): Promise<UpgradedConnection> {
    const request = parseFetchRequest(path, { headers: options.headers ?? {}, signal: options.signal ?? null }, this.url);
    const authorization = await this.#authorize(request);
    this.#pool.refresh();
    const outcome = await openUpgrade(this.#formatCall(request, authorization, false), options.protocols ?? [], this.#pool, this.url);
    if (outcome.kind === "upgraded") return outcome.upgraded;
    const { status, body } = outcome.answer;
    body.destroy();
    if (status === 401) await authorization.refused(options.signal);
    throw new CredentialError(refusalCodes[status] ?? "RESPONSE_INVALID", `${this.url.host} answered the upgrade with status ${status}`);
  }

  /**
   * An agent for one request of `http.request` or a WebSocket library to this server: it opens the connection and adds the lines that
   * authenticate. Agents of one cluster share idle connections. Rejects with what the credential's source throws.
   */
  async createAgent(signal?: AbortSignal): Promise<RequestAgent> {
    const authorization = await this.#authorizer.get(signal);
    this.#pool.refresh();
    this.#agent ??= this.#pool.createAgent(this.url.protocol);
    const lines = formatImpersonation(this.#config.user.impersonation);
    return new RequestAgent(this.#agent, authorization, lines);
  }

  /** One authenticated request without redirects, for adapters of other libraries. Rejects as {@link fetch}. */
  async send(request: ParsedRequest, isDecompressed = false): Promise<WireAnswer> {
    try {
      return await this.#send(request, isDecompressed);
    } catch (error) {
      // Nobody may have begun to read it.
      if (request.body instanceof Readable) request.body.destroy();
      throw error;
    }
  }

  async #send(request: ParsedRequest, isDecompressed: boolean): Promise<WireAnswer> {
    const authorization = await this.#authorize(request);
    const call = this.#formatCall(request, authorization, isDecompressed);
    const answer = await this.#pool.send(call);
    if (answer.status !== 401) return answer;
    const mayGoBetter = await authorization.refused(request.signal);
    if (!mayGoBetter || this.#options.isRetriedAfterRefusal !== true || !isReplayable(call)) return answer;
    answer.body.destroy();
    return await this.#pool.send(this.#formatCall(request, await this.#authorize(request), isDecompressed));
  }

  /** A request that brings its own authorization keeps it, and no source is asked for one. */
  async #authorize(request: ParsedRequest): Promise<Authorization> {
    if (hasHeader(request.headers, "authorization")) return { value: undefined, refused: async () => false };
    return await this.#authorizer.get(request.signal);
  }

  #formatCall(request: ParsedRequest, { value }: Authorization, isDecompressed: boolean): WireCall {
    const { headers: own, url } = request;
    const added: HeaderLine[] = [];
    if (value instanceof Secret) added.push(["Authorization", value.reveal()]);
    if (!hasHeader(own, "impersonate-user")) added.push(...formatImpersonation(this.#config.user.impersonation));
    if (!hasHeader(own, "user-agent")) added.push(["User-Agent", this.#options.userAgent ?? "kubepass"]);
    if (!hasHeader(own, "accept")) added.push(["Accept", "*/*"]);
    if (isDecompressed) added.push(["Accept-Encoding", "gzip"]);
    const headers = [...own.filter(([name, text]) => !(name.toLowerCase() === "authorization" && text === "")), ...added];
    return { method: request.method, path: `${url.pathname}${url.search}`, headers, body: request.body, signal: request.signal };
  }

  #decompresses(request: ParsedRequest): boolean {
    if (this.#config.cluster.disableCompression || request.method === "HEAD") return false;
    return !hasHeader(request.headers, "accept-encoding") && !hasHeader(request.headers, "range");
  }

  #withTimeout(request: ParsedRequest): ParsedRequest {
    const { timeoutMs } = this.#config;
    if (timeoutMs === undefined || timeoutMs <= 0) return request;
    const limit = AbortSignal.timeout(timeoutMs);
    return { ...request, signal: request.signal === undefined ? limit : AbortSignal.any([request.signal, limit]) };
  }

  #findRedirect(request: ParsedRequest, answer: WireAnswer): ParsedRequest | undefined {
    const location = redirectStatuses.has(answer.status) ? findHeader(answer, "location") : undefined;
    if (location === undefined || request.redirect === "manual") return undefined;
    if (request.redirect === "error") {
      answer.body.destroy();
      throw new CredentialError("RESPONSE_INVALID", `${this.url.host} redirects, which this request does not want`);
    }
    // A body is not sent to a place that the caller did not name.
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    try {
      return { ...request, url: resolveRedirect(location, request.url, this.url) };
    } catch (error) {
      answer.body.destroy();
      throw error;
    }
  }
}

/** A standard `fetch` bound to a cluster; throws as {@link Cluster}. */
export function createClusterFetch(config: ResolvedConfig, access: ClusterAccess, options?: ClusterOptions): ClusterFetch {
  return new Cluster(config, access, options).fetch;
}
