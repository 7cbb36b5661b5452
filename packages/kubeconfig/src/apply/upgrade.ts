import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { CredentialError } from "@kubepass/wire";
import type { ConnectionPool } from "./connection-pool.ts";
import { toClusterError } from "./connection-pool.ts";
import { openRequest, pairHeaders } from "./send-http1.ts";
import { BrokenConnectionError, type WireAnswer, type WireCall } from "./wire-call.ts";

/** A connection that has left HTTP: what is read and written is the other protocol. */
export interface Upgraded {
  readonly socket: Duplex;
  /** The chosen `Sec-WebSocket-Protocol`; empty when the server chose none. */
  readonly protocol: string;
}

/** An upgrade, or the answer of a server that does not make one. */
export type UpgradeOutcome =
  | { readonly kind: "upgraded"; readonly upgraded: Upgraded }
  | { readonly kind: "answered"; readonly answer: WireAnswer };

// RFC 6455 §1.3.
const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

function judgeUpgrade(response: IncomingMessage, key: string, offered: readonly string[]): string {
  const accept = createHash("sha1").update(`${key}${acceptSuffix}`).digest("base64");
  const protocol = response.headers["sec-websocket-protocol"] ?? "";
  if (response.headers.upgrade?.toLowerCase() !== "websocket" || response.headers["sec-websocket-accept"] !== accept) {
    throw new CredentialError("RESPONSE_INVALID", "the server changed to another protocol than WebSocket");
  }
  if (protocol !== "" && !offered.includes(protocol))
    throw new CredentialError("RESPONSE_INVALID", "the server chose a WebSocket protocol that was not offered");
  return protocol;
}

/** Asks for a WebSocket over a connection of its own (RFC 6455 §4). Throws `CLUSTER_UNREACHABLE`, `RESPONSE_INVALID`. */
export async function openUpgrade(call: WireCall, protocols: readonly string[], pool: ConnectionPool, url: URL): Promise<UpgradeOutcome> {
  const key = randomBytes(16).toString("base64");
  const headers: WireCall["headers"] = [
    ...call.headers,
    ["Connection", "Upgrade"],
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Version", "13"],
    ["Sec-WebSocket-Key", key],
    ...(protocols.length === 0 ? [] : [["Sec-WebSocket-Protocol", protocols.join(", ")] as const]),
  ];
  const { signal } = call;
  return await new Promise<UpgradeOutcome>((resolve, reject) => {
    const request = openRequest({ ...call, headers }, pool.createLoneRoute());
    const abort = (): void => {
      reject(signal?.reason);
      request.destroy();
    };
    if (signal?.aborted === true) return abort();
    signal?.addEventListener("abort", abort, { once: true });
    const finish = (): void => signal?.removeEventListener("abort", abort);
    request.once("upgrade", (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      finish();
      try {
        const protocol = judgeUpgrade(response, key, protocols);
        if (head.length > 0) socket.unshift(head);
        resolve({ kind: "upgraded", upgraded: { socket, protocol } });
      } catch (error) {
        socket.destroy();
        reject(error);
      }
    });
    request.once("response", (response) => {
      finish();
      resolve({
        kind: "answered",
        answer: {
          status: response.statusCode ?? 0,
          statusText: response.statusMessage ?? "",
          headers: pairHeaders(response.rawHeaders),
          body: response,
        },
      });
    });
    request.once("error", (error) => {
      finish();
      reject(toClusterError(new BrokenConnectionError(error, false), url));
    });
    request.end();
  });
}
