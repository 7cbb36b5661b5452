import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Provider } from "oidc-provider/lib/provider.js";
import { createCertificateAuthority, type CertificateAuthority } from "../certificate-authority.ts";
import { sendJson, startLoopbackServer, type LoopbackServer } from "../loopback-server.ts";
import { Person, type SeenPage } from "../person.ts";
import { answerSignIn } from "./answer-sign-in.ts";
import { buildProvider, type ProviderSurroundings } from "./build-provider.ts";
import { type IssuerClients, prepareClients } from "./issuer-clients.ts";
import { type Account, defaultAccounts, getAccount, type IssuerOptions, type SignInMode } from "./issuer-options.ts";
import { IssuerStore } from "./issuer-store.ts";
import { loadProvider } from "./load-provider.ts";
import { listClaims, type ProviderParts } from "./provider-configuration.ts";
import { countRequest, createRequestCounts, issuerPaths, type RequestCounts } from "./request-counts.ts";
import { SecretList } from "./secret-list.ts";
import { createSigningKey, type SigningKey } from "./signing-keys.ts";

/** Answers a request in the issuer's place, or returns `false` to let it through. May wait first. */
export type Interceptor = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

/** What a token made by hand says; the rest is as in every ID token of the issuer. */
export interface HandMadeToken {
  /** The id of an account; by default the one that signs in. */
  readonly account?: string | undefined;
  /** By default the native client. */
  readonly audience?: string | undefined;
  /** By default as long as the issuer's ID tokens. */
  readonly lifetimeSeconds?: number | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** A real OpenID provider on loopback. */
export interface Issuer {
  /** The issuer identifier, without a slash at its end. */
  readonly url: string;
  /** The authority that vouches for it; `undefined` when it speaks plain http. */
  readonly authority: CertificateAuthority | undefined;
  readonly clients: IssuerClients;
  readonly accounts: readonly Account[];
  readonly requests: RequestCounts;
  /** What went wrong inside the issuer: empty, unless the issuer has a defect. */
  readonly failures: readonly unknown[];
  /** How sign-ins are answered from now on. */
  signInMode: SignInMode;
  /** The id of the account that `automatic` signs in from now on, and that {@link signIn} types into the page. */
  account: string;
  /** Whether a refresh token is good for one use from now on. */
  isRefreshTokenRotated: boolean;
  /** Sees every request before the issuer does. */
  intercept: Interceptor | undefined;
  /** Every code, token, client secret and password that it knows or has given out. */
  secrets(): readonly string[];
  /** A new signing key; the old ones stay published unless they are dropped. */
  rotateKeys(options?: { readonly areOldKeysDropped?: boolean }): Promise<void>;
  /** Ends every session, code and token at once. */
  revokeAll(): void;
  /** How many items of a kind, such as `RefreshToken`, are stored, used ones included. */
  countStored(kind: string): number;
  /** A person with a new browser opens the URL and signs in, up to the page of the loopback server. */
  signIn(authorizationUrl: string): Promise<SeenPage>;
  /** A person with a new browser enters the code, signs in, and agrees. */
  approveDevice(userCode: string): Promise<SeenPage>;
  /** A person with a new browser opens the logout URL and confirms. */
  signOut(endSessionUrl: string): Promise<SeenPage>;
  /** An ID token that nobody had to sign in for. */
  issueIdToken(token?: HandMadeToken): Promise<string>;
  /** An assertion that the JWT bearer grant and token exchange believe (RFC 7523 §2.1). */
  issueAssertion(account: string): Promise<string>;
  close(): Promise<void>;
}

const signInPath = "/sign-in/";

class RunningIssuer implements Issuer {
  readonly url: string;
  readonly requests: RequestCounts;
  readonly failures: unknown[];
  signInMode: SignInMode;
  account: string;
  isRefreshTokenRotated: boolean;
  intercept: Interceptor | undefined;
  readonly authority: CertificateAuthority | undefined;
  readonly #server: LoopbackServer;
  readonly #surroundings: ProviderSurroundings;
  #parts: ProviderParts;
  #provider: Provider;

  constructor(
    server: LoopbackServer,
    authority: CertificateAuthority | undefined,
    parts: ProviderParts,
    surroundings: ProviderSurroundings,
  ) {
    this.url = server.origin;
    this.authority = authority;
    this.requests = surroundings.requests;
    this.failures = surroundings.failures;
    this.signInMode = parts.options.signInMode ?? "automatic";
    this.account = parts.accounts[0]?.id ?? "";
    this.isRefreshTokenRotated = parts.options.isRefreshTokenRotated ?? true;
    this.#server = server;
    this.#surroundings = surroundings;
    this.#parts = { ...parts, isRotating: () => this.isRefreshTokenRotated };
    this.#provider = buildProvider(this.#parts, surroundings);
  }

  get accounts(): readonly Account[] {
    return this.#parts.accounts;
  }

  get clients(): IssuerClients {
    return this.#parts.clients;
  }

  secrets(): readonly string[] {
    return this.#surroundings.secrets.list();
  }

  async rotateKeys({ areOldKeysDropped = false } = {}): Promise<void> {
    const old = this.#parts.keys;
    const key = await createSigningKey(this.#parts.options.signingAlgorithm ?? "ES256", `key-${old.length + 1}-${Date.now()}`);
    this.#parts = { ...this.#parts, keys: areOldKeysDropped ? [key] : [key, ...old] };
    this.#provider = buildProvider(this.#parts, this.#surroundings);
  }

  revokeAll(): void {
    this.#parts.store.clear();
  }

  countStored(kind: string): number {
    return this.#parts.store.count(kind);
  }

  async signIn(authorizationUrl: string): Promise<SeenPage> {
    return await this.#createPerson().visit(authorizationUrl);
  }

  async approveDevice(userCode: string): Promise<SeenPage> {
    return await this.#createPerson({ user_code: userCode }).visit(`${this.url}${issuerPaths.deviceVerification}`);
  }

  async signOut(endSessionUrl: string): Promise<SeenPage> {
    return await this.#createPerson().visit(endSessionUrl);
  }

  async issueIdToken({ account = this.account, audience = this.clients.native.clientId, ...rest }: HandMadeToken = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { options, accounts, keys } = this.#parts;
    const lifetimeSeconds = rest.lifetimeSeconds ?? options.idTokenSeconds ?? 3600;
    const claims = { iss: this.url, aud: audience, iat: now, exp: now + lifetimeSeconds, ...listClaims(getAccount(accounts, account)) };
    return await this.#sign(keys[0], { ...claims, ...rest.claims });
  }

  async issueAssertion(account: string): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: "https://workloads.example", sub: account, aud: `${this.url}${issuerPaths.token}`, iat: now, exp: now + 300 };
    return await this.#sign(this.#surroundings.assertionKey, claims);
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", this.url).pathname;
    countRequest(this.requests, path);
    if (this.intercept !== undefined && (await this.intercept(request, response))) return;
    if (path.startsWith(signInPath)) {
      const desk = { accounts: this.accounts, mode: this.signInMode, account: this.account };
      await answerSignIn(this.#provider, desk, request, response);
      return;
    }
    await this.#provider.callback()(request, response);
  }

  async #sign(key: SigningKey | undefined, claims: Readonly<Record<string, unknown>>): Promise<string> {
    if (key === undefined) throw new Error("the issuer has no key");
    return this.#surroundings.secrets.add(await key.sign(claims));
  }

  #createPerson(answers: Readonly<Record<string, string>> = {}): Person {
    const { id, password } = getAccount(this.accounts, this.account);
    return new Person({
      issuerOrigin: this.url,
      trustedPem: this.authority?.certificatePem,
      answers: { account: id, password, ...answers },
    });
  }
}

async function prepareParts(options: IssuerOptions, secrets: SecretList): Promise<ProviderParts> {
  const accounts = options.accounts ?? defaultAccounts;
  const { clients, metadata } = await prepareClients(options);
  const store = new IssuerStore(secrets);
  for (const { password } of accounts) secrets.add(password);
  for (const client of metadata) secrets.addMembers(client, ["client_secret"]);
  secrets.add(clients.signing.privateKeyPem);
  const keys = [await createSigningKey(options.signingAlgorithm ?? "ES256", "key-1")];
  const cookieKey = randomBytes(24).toString("base64url");
  const nonceSecret = randomBytes(32);
  return { options, accounts, clients, clientMetadata: metadata, store, keys, isRotating: () => true, cookieKey, nonceSecret, signInPath };
}

/** Starts an issuer; `await issuer.close()` when done. Rejects when the port is taken. */
export async function createIssuer(options: IssuerOptions = {}): Promise<Issuer> {
  const authority =
    options.authority === "none" ? undefined : (options.authority ?? (await createCertificateAuthority("kubepass test issuer")));
  const secrets = new SecretList();
  const parts = await prepareParts(options, secrets);
  const library = await loadProvider();
  const assertionKey = await createSigningKey("ES256", "assertion-key");
  const running: { issuer?: RunningIssuer } = {};
  const server = await startLoopbackServer(
    {
      port: options.port,
      certificate: await authority?.issueServer(),
      clientAuthorityPem: options.isClientCertificateRequested === true ? authority?.certificatePem : undefined,
    },
    async (request, response) => {
      if (running.issuer === undefined) return sendJson(response, 503, { error: "temporarily_unavailable" });
      await running.issuer.respond(request, response);
    },
  );
  const surroundings = { issuerUrl: server.origin, library, requests: createRequestCounts(), secrets, assertionKey, failures: [] };
  running.issuer = new RunningIssuer(server, authority, parts, surroundings);
  return running.issuer;
}
