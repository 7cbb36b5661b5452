import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { TlsOptions } from "node:tls";

/** An answer of the token endpoint. */
export interface StubAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | string;
}

const refusal: StubAnswer = { status: 400, body: { error: "invalid_grant", error_description: "unknown \u001b[31mgrant" } };

function read(form: URLSearchParams, name: string): string {
  return form.get(name) ?? "";
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
  // What is not in the form but part of the request all the same.
  for (const name of ["authorization", "dpop"]) form.set(`test-${name}`, String(request.headers[name] ?? ""));
  return form;
}

function send(response: ServerResponse, answer: StubAnswer): void {
  const isText = typeof answer.body === "string";
  response.writeHead(answer.status, { "content-type": isText ? "text/html" : "application/json" });
  response.end(isText ? answer.body : JSON.stringify(answer.body));
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** An OpenID Connect issuer of one test: it believes everybody, and each part of it can be told to misbehave. */
export class StubIssuer {
  /** What the token endpoint was sent. */
  readonly forms: URLSearchParams[] = [];
  readonly revoked: URLSearchParams[] = [];
  readonly authorizations: URLSearchParams[] = [];
  /** Every token and code it gave out. */
  readonly secrets: string[] = [];
  /** Merged into the discovery document; `undefined` takes a member out. */
  metadata: Readonly<Record<string, unknown>> = {};
  /** Answers in place of the usual one, in order; `drop` breaks the connection. */
  readonly tokenAnswers: (StubAnswer | "drop" | ((usual: StubAnswer) => StubAnswer))[] = [];
  revocationAnswer: StubAnswer = { status: 200, body: "" };
  subject = "anna-1";
  /** Further claims of ID tokens. */
  claims: Readonly<Record<string, unknown>> = {};
  audience = "kubepass";
  isRotating = true;
  url = "";
  readonly #now: () => Date;
  readonly #keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  readonly #pushed = new Map<string, URLSearchParams>();
  readonly #codes = new Map<string, URLSearchParams>();
  readonly #refreshTokens = new Set<string>();
  readonly #server: Server;

  readonly #scheme: "http" | "https";

  constructor(now: () => Date, tls?: TlsOptions) {
    this.#now = now;
    this.#scheme = tls === undefined ? "http" : "https";
    const respond = (request: IncomingMessage, response: ServerResponse): void => void this.#respond(request, response);
    this.#server = tls === undefined ? createServer(respond) : createTlsServer(tls, respond);
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A signed token that lives ten minutes, unless the claims say otherwise. */
  signJwt(claims: Readonly<Record<string, unknown>>): string {
    const seconds = Math.floor(this.#now().getTime() / 1000);
    const usual = { iss: this.url, sub: this.subject, aud: this.audience, iat: seconds, exp: seconds + 600, jti: randomUUID() };
    const input = `${encode({ alg: "ES256", kid: "stub" })}.${encode({ ...usual, ...claims })}`;
    const signature = sign("sha256", Buffer.from(input), { key: this.#keys.privateKey, dsaEncoding: "ieee-p1363" });
    return this.#remember(`${input}.${signature.toString("base64url")}`);
  }

  #remember(secret: string): string {
    this.secrets.push(secret);
    return secret;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    if (pathname === "/.well-known/openid-configuration") return send(response, { status: 200, body: this.#discovery() });
    if (pathname === "/jwks") return send(response, { status: 200, body: this.#publishedKeys() });
    if (pathname === "/authorize") return this.#authorize(searchParams, response);
    const form = await readForm(request);
    if (pathname === "/token") return this.#respondToken(form, response);
    if (pathname === "/par") return send(response, { status: 201, body: this.#push(form) });
    if (pathname === "/device") return send(response, { status: 200, body: this.#device() });
    if (pathname !== "/revoke") return send(response, { status: 404, body: "not here" });
    this.revoked.push(form);
    send(response, this.revocationAnswer);
  }

  #discovery(): Readonly<Record<string, unknown>> {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/jwks`,
      revocation_endpoint: `${this.url}/revoke`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256"],
      scopes_supported: ["openid", "offline_access"],
      code_challenge_methods_supported: ["S256"],
      ...this.metadata,
    };
  }

  #publishedKeys(): Readonly<Record<string, unknown>> {
    return { keys: [{ ...this.#keys.publicKey.export({ format: "jwk" }), kid: "stub", alg: "ES256", use: "sig" }] };
  }

  #push(form: URLSearchParams): Readonly<Record<string, unknown>> {
    const uri = `urn:ietf:params:oauth:request_uri:${randomUUID()}`;
    this.#pushed.set(uri, form);
    return { request_uri: uri, expires_in: 60 };
  }

  #authorize(asked: URLSearchParams, response: ServerResponse): void {
    const query = this.#pushed.get(asked.get("request_uri") ?? "") ?? asked;
    this.authorizations.push(query);
    const code = this.#remember(`code-${randomUUID()}`);
    this.#codes.set(code, query);
    const answer = new URLSearchParams({ code, state: read(query, "state") });
    response.writeHead(302, { location: `${read(query, "redirect_uri")}?${answer.toString()}` });
    response.end();
  }

  #device(): Readonly<Record<string, unknown>> {
    const deviceCode = this.#remember(randomUUID());
    return { device_code: deviceCode, user_code: "WDJB-MJHT", verification_uri: `${this.url}/activate`, expires_in: 600, interval: 1 };
  }

  #respondToken(form: URLSearchParams, response: ServerResponse): void {
    this.forms.push(form);
    const next = this.tokenAnswers.shift();
    if (next === "drop") return void response.destroy();
    send(response, typeof next === "function" ? next(this.#answer(form)) : (next ?? this.#answer(form)));
  }

  #answer(form: URLSearchParams): StubAnswer {
    const grant = read(form, "grant_type");
    if (grant === "refresh_token") return this.#refreshTokens.has(read(form, "refresh_token")) ? this.#issueTokens(form) : refusal;
    if (grant.endsWith("token-exchange")) return this.#exchange(form);
    if (grant !== "authorization_code") return this.#issueTokens(form);
    const asked = this.#codes.get(read(form, "code"));
    return asked === undefined ? refusal : this.#issueTokens(form, asked.get("nonce") ?? undefined);
  }

  #exchange(form: URLSearchParams): StubAnswer {
    const token = this.signJwt({ aud: read(form, "audience") });
    const body = { access_token: token, issued_token_type: form.get("requested_token_type"), token_type: "N_A", expires_in: 300 };
    return { status: 200, body };
  }

  #issueTokens(form: URLSearchParams, nonce?: string): StubAnswer {
    if (this.isRotating) this.#refreshTokens.clear();
    const refreshToken = this.#remember(`refresh-${randomUUID()}`);
    this.#refreshTokens.add(refreshToken);
    const access = {
      token_type: "Bearer",
      access_token: this.#remember(`access-${randomUUID()}`),
      expires_in: 600,
      scope: form.get("scope") ?? undefined,
    };
    return {
      status: 200,
      body: {
        ...access,
        refresh_token: refreshToken,
        id_token: this.signJwt(nonce === undefined ? this.claims : { ...this.claims, nonce }),
      },
    };
  }
}

/** Starts the issuer on a free port, with https when it gets a certificate. */
export async function startStubIssuer(now: () => Date = () => new Date(), tls?: TlsOptions): Promise<StubIssuer> {
  const issuer = new StubIssuer(now, tls);
  await issuer.listen();
  return issuer;
}
