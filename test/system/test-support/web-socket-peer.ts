import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** The server's end of a WebSocket whose messages begin with the number of a channel (`*.channel.k8s.io`). */
export interface ChannelPeer {
  readonly protocol: string;
  send(channel: number, bytes: Uint8Array): void;
  /** Whole messages: channel and content. */
  onMessage(listener: (channel: number, content: Buffer) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

const binary = 2;
const closing = 8;

function formatFrame(opcode: number, content: Uint8Array): Buffer {
  const long = content.length > 125;
  const head = Buffer.alloc(long ? 10 : 2);
  head[0] = 0x80 | opcode;
  head[1] = long ? 127 : content.length;
  if (long) head.writeBigUInt64BE(BigInt(content.length), 2);
  return Buffer.concat([head, content]);
}

interface Frame {
  readonly opcode: number;
  readonly content: Buffer;
  readonly rest: Buffer;
}

/** The first frame of what has come, as clients send it: masked (RFC 6455 §5.3). */
function parseFrame(bytes: Buffer): Frame | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const kind = second & 0x7f;
  const at = { 126: 4, 127: 10 }[kind] ?? 2;
  if (bytes.length < at + 4) return undefined;
  const readLength = { 126: () => bytes.readUInt16BE(2), 127: () => Number(bytes.readBigUInt64BE(2)) }[kind];
  const length = readLength?.() ?? kind;
  const end = at + 4 + length;
  if (bytes.length < end) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const content = Buffer.from(bytes.subarray(at + 4, end).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return { opcode: first & 0x0f, content, rest: bytes.subarray(end) };
}

/** Takes an upgrade, choosing the first protocol that the client offers. */
export function acceptChannels(request: IncomingMessage, socket: Duplex, head: Buffer): ChannelPeer {
  const key = request.headers["sec-websocket-key"] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const protocol = request.headers["sec-websocket-protocol"]?.split(",")[0]?.trim() ?? "";
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
  socket.write(`${[...lines, `Sec-WebSocket-Protocol: ${protocol}`].join("\r\n")}\r\n\r\n`);
  let listen = (_channel: number, _content: Buffer): void => {};
  let waiting = head;
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    for (let frame = parseFrame(waiting); frame !== undefined; frame = parseFrame(waiting)) {
      waiting = frame.rest;
      if (frame.opcode === closing) socket.end(formatFrame(closing, frame.content));
      else if (frame.opcode <= binary) listen(frame.content[0] ?? 0, frame.content.subarray(1));
    }
  });
  return {
    protocol,
    send: (channel, bytes) => void socket.write(formatFrame(binary, Buffer.concat([Buffer.from([channel]), bytes]))),
    onMessage: (listener) => void (listen = listener),
    onClose: (listener) => void socket.once("close", listener),
    close: () => void socket.end(formatFrame(closing, Buffer.from([0x03, 0xe8]))),
  };
}
