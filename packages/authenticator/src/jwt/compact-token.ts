/** A JWS in compact form (RFC 7515 §3.1), taken apart. Nothing of it is verified. */
export interface CompactToken {
  readonly headerBytes: Uint8Array;
  readonly payloadBytes: Uint8Array;
  readonly signature: Uint8Array;
  /** What the signature is over: header and payload as they came, in ASCII. */
  readonly signedText: string;
}

/** How far a token may differ from the one form that RFC 7515 knows. */
export interface CompactPolicy {
  /** Takes white space between characters and stray bits at the end of a part, as Go does: many texts are then one token. */
  readonly isLooseEncodingAllowed: boolean;
}

/** Above any token seen in the field, below what hurts to parse. */
const maxTokenLength = 1024 * 1024;

const base64UrlText = /^[A-Za-z0-9_-]*$/;
const whiteSpace = /[\s\u0085]+/;
const lineBreaks = /[\r\n]+/g;

/** Whether the last character carries no bits that belong to no byte (RFC 4648 §3.5). */
function isCanonical(text: string): boolean {
  const last = text.charAt(text.length - 1);
  if (text.length % 4 === 2) return "AQgw".includes(last);
  return text.length % 4 === 0 || "AEIMQUYcgkosw048".includes(last);
}

function decodePart(part: string, isLoose: boolean): Uint8Array | undefined {
  const text = isLoose ? part.split(whiteSpace).join("") : part;
  if (!base64UrlText.test(text) || text.length % 4 === 1) return undefined;
  return isLoose || isCanonical(text) ? Buffer.from(text, "base64url") : undefined;
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** The places of the two points; `undefined` when there are fewer or more. */
function findPoints(token: string): readonly [number, number] | undefined {
  const first = token.indexOf(".");
  const second = token.indexOf(".", first + 1);
  return first < 0 || second < 0 || token.includes(".", second + 1) ? undefined : [first, second];
}

/** Takes a token apart; `undefined` when it is not three parts of base64url. Never throws. */
export function splitCompactToken(token: string, policy: CompactPolicy): CompactToken | undefined {
  const points = token.length > maxTokenLength ? undefined : findPoints(token);
  if (points === undefined) return undefined;
  const [first, second] = points;
  const decode = (from: number, to?: number): Uint8Array | undefined => decodePart(token.slice(from, to), policy.isLooseEncodingAllowed);
  const [headerBytes, payloadBytes, signature] = [decode(0, first), decode(first + 1, second), decode(second + 1)];
  if (headerBytes === undefined || payloadBytes === undefined || signature === undefined) return undefined;
  const signedText = policy.isLooseEncodingAllowed ? `${encode(headerBytes)}.${encode(payloadBytes)}` : token.slice(0, second);
  return { headerBytes, payloadBytes, signature, signedText };
}

/** The payload alone, as far as it decides whose token it is; `undefined` when there is none. Cheap: nothing else is decoded. */
export function findPayloadBytes(token: string, policy: CompactPolicy): Uint8Array | undefined {
  const points = token.length > maxTokenLength ? undefined : findPoints(token);
  if (points === undefined) return undefined;
  const part = token.slice(points[0] + 1, points[1]);
  if (!policy.isLooseEncodingAllowed) return decodePart(part, false);
  // Go's decoder passes over line breaks here, and over nothing else.
  const text = part.replace(lineBreaks, "");
  return whiteSpace.test(text) ? undefined : decodePart(text, true);
}
