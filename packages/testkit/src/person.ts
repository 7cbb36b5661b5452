import { request as requestHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { CookieJar } from "./cookie-jar.ts";
import { readBody } from "./loopback-server.ts";
import { findForm, type PageForm } from "./page-forms.ts";

/** Whom a simulated person trusts and what the person knows. */
export interface PersonOptions {
  /** The origin whose forms the person fills in and sends. */
  readonly issuerOrigin: string;
  /** Authorities (PEM) that the issuer's certificate has to come from. */
  readonly trustedPem?: string | undefined;
  /** What goes into the fields of a form, by name; other fields stay as they are. */
  readonly answers?: Readonly<Record<string, string>> | undefined;
}

/** Where a visit ended. */
export interface SeenPage {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** Every URL on the way, the last one included. */
  readonly visited: readonly string[];
}

interface PageRequest {
  readonly url: URL;
  readonly form?: string;
}

const maxPages = 20;

/** A person with a browser: follows redirects, keeps cookies, fills in the issuer's forms. Everything is real HTTP. */
export class Person {
  readonly #options: PersonOptions;
  readonly #cookies = new CookieJar();

  constructor(options: PersonOptions) {
    this.#options = options;
  }

  /** Opens a URL and goes on until there is nothing more to follow or to fill in. Rejects when a server cannot be reached. */
  async visit(url: string): Promise<SeenPage> {
    const visited: string[] = [];
    const sent = new Set<string>();
    let next: PageRequest = { url: new URL(url) };
    while (visited.length < maxPages) {
      visited.push(next.url.href);
      const response = await this.#send(next);
      const body = await readBody(response);
      const following = this.#findNext(next.url, response, body, sent);
      if (following === undefined) {
        return { url: next.url.href, status: response.statusCode ?? 0, headers: response.headers, body, visited };
      }
      next = following;
    }
    throw new Error(`the browser was sent around ${maxPages} times, lastly to ${next.url.origin}${next.url.pathname}`);
  }

  #findNext(url: URL, { statusCode = 0, headers }: IncomingMessage, body: string, sent: Set<string>): PageRequest | undefined {
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) return { url: new URL(headers.location, url) };
    if (url.origin !== this.#options.issuerOrigin || headers["content-type"]?.startsWith("text/html") !== true) return undefined;
    const form = findForm(body, url.href);
    if (form === undefined) return undefined;
    // A form that comes back after it was sent was refused.
    const shape = [form.action, ...form.fields.keys()].join(" ");
    if (sent.has(shape)) return undefined;
    sent.add(shape);
    return this.#fillIn(form);
  }

  #fillIn(form: PageForm): PageRequest {
    const answers = this.#options.answers ?? {};
    const fields = new URLSearchParams();
    for (const [name, value] of form.fields) fields.set(name, answers[name] ?? value);
    const url = new URL(form.action);
    if (form.method === "post") return { url, form: fields.toString() };
    url.search = fields.toString();
    return { url };
  }

  async #send({ url, form }: PageRequest): Promise<IncomingMessage> {
    const isIssuer = url.origin === this.#options.issuerOrigin;
    const cookie = this.#cookies.format(url);
    const headers = {
      accept: "text/html,application/xhtml+xml,*/*;q=0.8",
      "user-agent": "kubepass-testkit-person",
      ...(cookie === "" ? {} : { cookie }),
      ...(form === undefined
        ? {}
        : { "content-type": "application/x-www-form-urlencoded", "content-length": String(Buffer.byteLength(form)), origin: url.origin }),
    };
    // The loopback server's own certificate is what a person would click away.
    const trust = isIssuer ? { ca: this.#options.trustedPem } : { rejectUnauthorized: false };
    const options: RequestOptions = { method: form === undefined ? "GET" : "POST", headers, agent: false };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = url.protocol === "https:" ? requestHttps(url, { ...options, ...trust }, resolve) : requestHttp(url, options, resolve);
      request.on("error", reject);
      request.end(form);
    });
    this.#cookies.store(url, response.headers["set-cookie"] ?? []);
    return response;
  }
}
