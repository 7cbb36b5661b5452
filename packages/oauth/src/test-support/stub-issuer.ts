import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { sendJson, startServer, type TestServer } from "@kubepass/network/test-support";

/** How the stub behaves; every member may be changed while it runs. */
export interface StubBehaviour {
  /** Merged into the discovery document. */
  metadata: Record<string, unknown>;
  /** What a person's visit leads to: the parameters of the answer, given what was asked. */
  answer: (asked: URLSearchParams) => Record<string, string>;
  claims: JWTPayload;
  /** Answers to the token endpoint, in order; then the usual one. `hang` never answers. */
  tokenAnswers: ({ readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> } | "hang" | "drop")[];
  /** Merged into the device authorization answer. */
  device: Record<string, unknown>;
}

/** A small OpenID provider of one test that checks PKCE and remembers what it was asked. */
export interface StubIssuer {
  readonly url: string;
  readonly behaviour: StubBehaviour;
  /** Forms by path, in order. */
  readonly forms: { readonly path: string; readonly form: URLSearchParams }[];
  readonly authorizations: URLSearchParams[];
  formsOf(path: string): URLSearchParams[];
}

async function readBody(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}

class Stub implements StubIssuer {
  readonly forms: { path: string; form: URLSearchParams }[] = [];
  readonly authorizations: URLSearchParams[] = [];
  readonly behaviour: StubBehaviour;
  readonly #now: () => Date;
  readonly #codes = new Map<string, URLSearchParams>();
  readonly #pushed = new Map<string, URLSearchParams>();
  readonly #privateKey: Parameters<SignJWT["sign"]>[0];
  readonly #publicJwk: JWK;
  url = "";

  constructor(now: () => Date, privateKey: Parameters<SignJWT["sign"]>[0], publicJwk: JWK) {
    this.#now = now;
    this.#privateKey = privateKey;
    this.#publicJwk = publicJwk;
    this.behaviour = {
      metadata: {},
      answer: (asked) => ({ code: this.issueCode(asked), state: asked.get("state") ?? "" }),
      claims: { sub: "anna-1", email: "anna@example.com" },
      tokenAnswers: [],
      device: {},
    };
  }

  formsOf(path: string): URLSearchParams[] {
    return this.forms.filter((entry) => entry.path === path).map((entry) => entry.form);
  }

  issueCode(asked: URLSearchParams): string {
    const code = randomBytes(16).toString("hex");
    this.#codes.set(code, asked);
    return code;
  }

  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    if (url.pathname === "/.well-known/openid-configuration") return sendJson(response, this.#metadata());
    if (url.pathname === "/jwks") return sendJson(response, { keys: [this.#publicJwk] });
    if (url.pathname === "/authorize") return this.#authorize(url.searchParams, response);
    const form = await readBody(request);
    this.forms.push({ path: url.pathname, form });
    if (url.pathname === "/par") {
      const requestUri = `urn:example:${randomBytes(8).toString("hex")}`;
      this.#pushed.set(requestUri, form);
      return sendJson(response, { request_uri: requestUri, expires_in: 60 }, 201);
    }
    if (url.pathname === "/device") return this.#device(response);
    if (url.pathname === "/token") return await this.#token(form, response);
    if (url.pathname !== "/never") return sendJson(response, { error: "not_found" }, 404);
  }

  #metadata(): Record<string, unknown> {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/jwks`,
      device_authorization_endpoint: `${this.url}/device`,
      pushed_authorization_request_endpoint: `${this.url}/par`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256"],
      code_challenge_methods_supported: ["S256"],
      ...this.behaviour.metadata,
    };
  }

  #authorize(query: URLSearchParams, response: ServerResponse): void {
    this.authorizations.push(query);
    const asked = this.#pushed.get(query.get("request_uri") ?? "") ?? query;
    const answer = new URLSearchParams(this.behaviour.answer(asked));
    const redirectUri = asked.get("redirect_uri") ?? "";
    if (asked.get("response_mode") === "form_post") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ post: redirectUri, form: answer.toString() }));
      return;
    }
    response.writeHead(302, { location: `${redirectUri}?${answer.toString()}` });
    response.end();
  }

  #device(response: ServerResponse): void {
    sendJson(response, {
      device_code: "device-1",
      user_code: "WDJB-MJHT",
      verification_uri: `${this.url}/activate`,
      verification_uri_complete: `${this.url}/activate?user_code=WDJB-MJHT`,
      expires_in: 900,
      interval: 5,
      ...this.behaviour.device,
    });
  }

  async #token(form: URLSearchParams, response: ServerResponse): Promise<void> {
    const next = this.behaviour.tokenAnswers.shift();
    if (next === "hang") return;
    if (next === "drop") return void response.destroy();
    if (next !== undefined) return sendJson(response, next.body, next.status, next.headers);
    if (form.get("grant_type") === "urn:ietf:params:oauth:grant-type:device_code") return await this.#issueTokens(undefined, response);
    const asked = this.#redeem(form);
    if (asked === undefined) return sendJson(response, { error: "invalid_grant", error_description: "no such code" }, 400);
    return await this.#issueTokens(asked.get("nonce") ?? undefined, response);
  }

  #redeem(form: URLSearchParams): URLSearchParams | undefined {
    const code = form.get("code") ?? "";
    const asked = this.#codes.get(code);
    this.#codes.delete(code);
    const verifier = form.get("code_verifier") ?? "";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const isFit = asked?.get("code_challenge") === challenge && asked.get("redirect_uri") === form.get("redirect_uri");
    return isFit ? asked : undefined;
  }

  async #issueTokens(nonce: string | undefined, response: ServerResponse): Promise<void> {
    const nowSeconds = Math.floor(this.#now().getTime() / 1000);
    const idToken = await new SignJWT({ ...this.behaviour.claims, ...(nonce === undefined ? {} : { nonce }) })
      .setProtectedHeader({ alg: "ES256", kid: "stub-1" })
      .setIssuer(this.url)
      .setAudience("kubepass-test")
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + 3600)
      .sign(this.#privateKey);
    sendJson(response, {
      token_type: "Bearer",
      access_token: "opaque-access",
      id_token: idToken,
      refresh_token: "refresh-1",
      expires_in: 3600,
    });
  }
}

/** Starts a stub issuer whose tokens are of the given time. */
export async function startStubIssuer(now: () => Date): Promise<StubIssuer & { issueCode(asked: URLSearchParams): string }> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const stub = new Stub(now, privateKey, { ...(await exportJWK(publicKey)), kid: "stub-1", alg: "ES256", use: "sig" });
  const server: TestServer = await startServer((request, response) => void stub.respond(request, response));
  stub.url = server.origin;
  return stub;
}
