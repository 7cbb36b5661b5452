import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/** One request that expects JSON. */
export interface JsonRequest {
  /** GET by default, POST with a body. */
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The only authority to trust (PEM). */
  readonly certificateAuthorityPem?: string | undefined;
  readonly clientCertificate?: { readonly certificatePem: string; readonly privateKeyPem: string } | undefined;
}

/** What came back; `body` is a text when it is not JSON. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

const maxBytes = 16 * 1024 * 1024;

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Asks a server once, on a connection of its own. Rejects when it cannot be reached or trusted. */
export async function requestJson(url: string | URL, options: JsonRequest = {}): Promise<JsonAnswer> {
  const { body, clientCertificate, certificateAuthorityPem } = options;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const target = new URL(url);
  const tls = {
    ...(certificateAuthorityPem === undefined ? {} : { ca: certificateAuthorityPem }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificatePem, key: clientCertificate.privateKeyPem }),
  };
  const headers = { accept: "application/json", ...(text === undefined ? {} : { "content-type": "application/json" }), ...options.headers };
  const settings = { method: options.method ?? (text === undefined ? "GET" : "POST"), headers, agent: false, ...tls };
  return await new Promise((resolve, reject) => {
    const open = target.protocol === "https:" ? requestHttps : requestHttp;
    const outgoing = open(target, settings, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) response.destroy(new Error(`the answer of ${target.origin} is too large`));
        else chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: parseBody(Buffer.concat(chunks).toString("utf8")) }));
    });
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}
