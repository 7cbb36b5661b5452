import { existsSync, readFileSync } from "node:fs";
import { request as forward, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { CertificateFiles } from "./certificates.ts";
import { readAll } from "./read-all.ts";
import type { RunRecord } from "./run-record.ts";
import { letPass } from "./wait-for.ts";

const secretFields = new Set(["code", "code_verifier", "refresh_token", "access_token", "id_token", "device_code", "password"]);

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function ask(port: number, request: IncomingMessage, body: Buffer): Promise<Answer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path: request.url, method: request.method, headers: request.headers };
    forward(options, resolve).once("error", reject).end(body);
  });
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: await readAll(answer) };
}

function* findSecrets(form: URLSearchParams, answer: Answer): Generator<[string, string]> {
  yield* form;
  const location = answer.headers.location ?? "";
  if (URL.canParse(location)) yield* new URL(location).searchParams;
  if (answer.headers["content-type"]?.startsWith("application/json") !== true) return;
  const parsed: unknown = JSON.parse(answer.body.toString("utf8"));
  if (typeof parsed === "object" && parsed !== null) yield* Object.entries(parsed);
}

async function wait(record: RunRecord, path: string): Promise<void> {
  while (existsSync(record.holdFile)) {
    if (!path.startsWith(readFileSync(record.holdFile, "utf8"))) return;
    await letPass(10);
  }
}

/**
 * The TLS door of an issuer that itself listens on plain HTTP. It writes down every request before anything else happens, and every secret
 * that passes through, so that the tests can count the one and look for the other.
 */
export async function startIssuerFront(
  place: { readonly name: string; readonly port: number; readonly behind: number },
  certificate: CertificateFiles,
  record: RunRecord,
): Promise<Server> {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? "/";
    const agent = request.headers["user-agent"] ?? "";
    record.addRequest({ at: Date.now(), issuer: place.name, method: request.method ?? "", path, agent });
    const body = await readAll(request);
    await wait(record, path);
    const answer = await ask(place.behind, request, body);
    for (const [field, value] of findSecrets(new URLSearchParams(body.toString("utf8")), answer)) {
      if (secretFields.has(field) && value !== "") record.addSecret(field, value);
    }
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const server = createServer({ cert: readFileSync(certificate.certificate), key: readFileSync(certificate.key) }, (request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => void server.listen(place.port, "127.0.0.1", resolve));
  return server;
}
