import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { createInterface } from "node:readline";
import { type JsonRequest, requestJson } from "@kubepass/testkit";
import type { CertificateFiles } from "../certificates.ts";

/** One event of a watch. */
export interface WatchEvent {
  readonly type: string;
  readonly object: {
    readonly data?: Readonly<Record<string, string>>;
  };
}

/** Objects that are followed. */
export interface Watch {
  /** When the first event from now on came for which this holds, by `performance.now()`. */
  awaitEvent(matches: (event: WatchEvent) => boolean): Promise<number>;
  close(): void;
}

/** An API server, asked as its administrator or with a token. */
export interface ApiServerClient {
  /** Creates an object, or makes it so. */
  put(path: string, object: object): Promise<void>;
  remove(path: string): Promise<void>;
  /** Who a token's holder is there; `undefined` when the token is not taken. */
  whoIs(token: string): Promise<string | undefined>;
  /** Follows a list from now on. */
  watch(path: string): Promise<Watch>;
}

interface SelfSubjectReview {
  readonly status?: { readonly userInfo?: { readonly username?: string } };
}

async function openWatch(url: URL, tls: { readonly ca: string; readonly cert: string; readonly key: string }): Promise<Watch> {
  const waiting = new Set<(event: WatchEvent, atMs: number) => void>();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { ...tls, agent: false }, resolve).once("error", reject);
  });
  // The API server may be gone first, when a test has failed.
  response.on("error", () => {});
  createInterface({ input: response }).on("line", (line) => {
    const atMs = performance.now();
    const event = JSON.parse(line) as WatchEvent;
    for (const tell of waiting) tell(event, atMs);
  });
  return {
    awaitEvent: async (matches) =>
      await new Promise((resolve) => {
        const tell = (event: WatchEvent, atMs: number): void => {
          if (!matches(event)) return;
          waiting.delete(tell);
          resolve(atMs);
        };
        waiting.add(tell);
      }),
    close: () => void response.destroy(),
  };
}

/** A client of the API server at an address; the administrator shows a certificate. */
export function createApiServerClient(server: string, authorityFile: string, administrator: CertificateFiles): ApiServerClient {
  const certificateAuthorityPem = readFileSync(authorityFile, "utf8");
  const [certificatePem, privateKeyPem] = [administrator.certificate, administrator.key].map((path) => readFileSync(path, "utf8")) as [
    string,
    string,
  ];
  const send = async (path: string, request: JsonRequest): Promise<unknown> => {
    const answer = await requestJson(new URL(path, server), {
      ...request,
      certificateAuthorityPem,
      clientCertificate: { certificatePem, privateKeyPem },
    });
    if (answer.status >= 300) throw new Error(`${path} was answered with status ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return {
    async put(path, body) {
      const headers = { "content-type": "application/apply-patch+yaml" };
      await send(`${path}?fieldManager=system-test&force=true`, { method: "PATCH", headers, body });
    },
    async remove(path) {
      await send(path, { method: "DELETE" });
    },
    async whoIs(token) {
      const answer = await requestJson(new URL("/apis/authentication.k8s.io/v1/selfsubjectreviews", server), {
        certificateAuthorityPem,
        headers: { authorization: `Bearer ${token}` },
        body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
      });
      return answer.status === 201 ? (answer.body as SelfSubjectReview).status?.userInfo?.username : undefined;
    },
    async watch(path) {
      const list = (await send(path, {})) as { readonly metadata: { readonly resourceVersion: string } };
      const url = new URL(path, server);
      url.searchParams.set("watch", "1");
      url.searchParams.set("resourceVersion", list.metadata.resourceVersion);
      return await openWatch(url, { ca: certificateAuthorityPem, cert: certificatePem, key: privateKeyPem });
    },
  };
}
