import type { IncomingMessage, ServerResponse } from "node:http";
import { createCertificateAuthority, type CertificateAuthority, type CertificateAndKey } from "../certificate-authority.ts";
import { findEndpoint, type IssuerEndpoint } from "../issuer/request-counts.ts";
import { SecretList } from "../issuer/secret-list.ts";
import { createSigningKey, type SigningKey } from "../issuer/signing-keys.ts";
import { readForm, startLoopbackServer, type LoopbackServer } from "../loopback-server.ts";
import { Person, type SeenPage } from "../person.ts";
import { type FaultyAnswer, sendFaultyAnswer } from "./faulty-answer.ts";
import { type IdTokenFault, mintIdToken } from "./mint-id-token.ts";
import { answerUsually, type Memory } from "./usual-answers.ts";

/** A request that came. */
export interface FaultyRequest {
  readonly endpoint: IssuerEndpoint;
  readonly method: string;
  readonly headers: IncomingMessage["headers"];
  readonly query: URLSearchParams;
  /** Empty unless a form was sent. */
  readonly form: URLSearchParams;
}

/** Answers in the place of an endpoint; `usual` is what would be answered otherwise. */
export type FaultyResponder = (request: FaultyRequest, usual: () => Promise<FaultyAnswer>) => FaultyAnswer | Promise<FaultyAnswer>;

/** How a faulty issuer is made. */
export interface FaultyIssuerOptions {
  readonly port?: number | undefined;
  /** A new one by default; `none` is plain http. */
  readonly authority?: CertificateAuthority | "none" | undefined;
  /** A certificate in the place of a good one of the authority. */
  readonly certificate?: CertificateAndKey | undefined;
  /** The time that tokens are made in, for tests with a clock of their own. */
  readonly now?: (() => Date) | undefined;
}

/** What an ID token says, where it differs from the usual. */
export interface MintOptions {
  readonly fault?: IdTokenFault | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** An issuer that believes everybody, and whose every part can be told to misbehave. */
export interface FaultyIssuer {
  readonly url: string;
  readonly authority: CertificateAuthority | undefined;
  /** Merged into the discovery document; `undefined` takes a member out. */
  metadata: Readonly<Record<string, unknown>>;
  /** Answers in the place of the usual ones, as long as they stand here. */
  readonly answers: Partial<Record<IssuerEndpoint, FaultyResponder | FaultyAnswer>>;
  /** Merged into what the redirect brings back; `undefined` takes a parameter out. */
  callback: Readonly<Record<string, string | undefined>>;
  /** What is wrong with the ID tokens of the token endpoint. */
  idTokenFault: IdTokenFault | undefined;
  /** Merged into the claims of every ID token. */
  claims: Readonly<Record<string, unknown>>;
  /** Merged into every good answer of the token endpoint; `undefined` takes a member out. */
  tokens: Readonly<Record<string, unknown>>;
  /** The `sub` of ID tokens. */
  subject: string;
  /** How long ID and access tokens live. */
  lifetimeSeconds: number;
  isRefreshTokenRotated: boolean;
  /** Device codes are pending until this is true. */
  isDeviceApproved: boolean;
  readonly now: () => Date;
  /** Every request so far, in order. */
  readonly requests: readonly FaultyRequest[];
  count(endpoint: IssuerEndpoint): number;
  /** An ID token for the client `kubepass`; empty for the fault `missing`. */
  mintIdToken(options?: MintOptions): Promise<string>;
  /** A new signing key in the place of the old one. */
  rotateKeys(): Promise<void>;
  /** Every code and token given out. */
  secrets(): readonly string[];
  signIn(authorizationUrl: string): Promise<SeenPage>;
  close(): Promise<void>;
}

const noForm = new URLSearchParams();

class RunningFaultyIssuer implements FaultyIssuer {
  readonly url: string;
  readonly authority: CertificateAuthority | undefined;
  readonly now: () => Date;
  metadata: Readonly<Record<string, unknown>> = {};
  readonly answers: Partial<Record<IssuerEndpoint, FaultyResponder | FaultyAnswer>> = {};
  callback: Readonly<Record<string, string | undefined>> = {};
  idTokenFault: IdTokenFault | undefined;
  claims: Readonly<Record<string, unknown>> = {};
  tokens: Readonly<Record<string, unknown>> = {};
  subject = "anna";
  lifetimeSeconds = 600;
  isRefreshTokenRotated = true;
  isDeviceApproved = false;
  readonly requests: FaultyRequest[] = [];
  readonly #server: LoopbackServer;
  readonly #secrets = new SecretList();
  readonly #memory: Memory = { codes: new Map(), refreshTokens: new Set(), deviceCodes: new Set(), pushed: new Map() };
  #key: SigningKey;

  constructor(server: LoopbackServer, key: SigningKey, authority: CertificateAuthority | undefined, now: () => Date) {
    this.url = server.origin;
    this.#server = server;
    this.#key = key;
    this.authority = authority;
    this.now = now;
  }

  count(endpoint: IssuerEndpoint): number {
    return this.requests.filter((request) => request.endpoint === endpoint).length;
  }

  async mintIdToken({ fault, claims = {} }: MintOptions = {}): Promise<string> {
    const now = Math.floor(this.now().getTime() / 1000);
    const usual = { iss: this.url, sub: this.subject, aud: "kubepass", iat: now, exp: now + this.lifetimeSeconds };
    const token = await mintIdToken({ key: this.#key, claims: { ...usual, ...claims, ...this.claims } }, fault);
    return this.#secrets.add(token ?? "");
  }

  async rotateKeys(): Promise<void> {
    this.#key = await createSigningKey("ES256", `key-${this.requests.length}-${Date.now()}`);
  }

  secrets(): readonly string[] {
    return this.#secrets.list();
  }

  async signIn(authorizationUrl: string): Promise<SeenPage> {
    return await new Person({ issuerOrigin: this.url, trustedPem: this.authority?.certificatePem }).visit(authorizationUrl);
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  async respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "/", this.url);
    const endpoint = findEndpoint(url.pathname);
    if (endpoint === undefined) return await sendFaultyAnswer(response, { status: 404, body: "not here" });
    const { method = "GET", headers } = incoming;
    const form = method === "POST" ? await readForm(incoming) : noForm;
    const request: FaultyRequest = { endpoint, method, headers, query: url.searchParams, form };
    this.requests.push(request);
    await sendFaultyAnswer(response, await this.#answer(request));
  }

  async #answer(request: FaultyRequest): Promise<FaultyAnswer> {
    const usual = async (): Promise<FaultyAnswer> =>
      await answerUsually(request, { issuer: this, memory: this.#memory, secrets: this.#secrets, keys: [this.#key.publicJwk] });
    const answer = this.answers[request.endpoint];
    if (answer === undefined) return await usual();
    return typeof answer === "function" ? await answer(request, usual) : answer;
  }
}

/** Starts a faulty issuer, without any fault as yet; `await issuer.close()` when done. */
export async function createFaultyIssuer(options: FaultyIssuerOptions = {}): Promise<FaultyIssuer> {
  const authority =
    options.authority === "none" ? undefined : (options.authority ?? (await createCertificateAuthority("kubepass faulty issuer")));
  const key = await createSigningKey("ES256", "key-1");
  const running: { issuer?: RunningFaultyIssuer } = {};
  const certificate = options.certificate ?? (await authority?.issueServer());
  const server = await startLoopbackServer({ port: options.port, certificate }, async (request, response) => {
    await running.issuer?.respond(request, response);
  });
  running.issuer = new RunningFaultyIssuer(server, key, authority, options.now ?? (() => new Date()));
  return running.issuer;
}
