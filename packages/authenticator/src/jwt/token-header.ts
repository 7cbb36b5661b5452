import { createPublicKey, X509Certificate } from "node:crypto";
import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { type AlgorithmDetails, algorithmDetails, type SignatureAlgorithm } from "./algorithms.ts";
import { type JwtRefusal, refuse } from "./reasons.ts";
import { parseStrictJson } from "./strict-json.ts";

/** What a JOSE header asks for. */
export interface TokenHeader {
  readonly kind: "header";
  readonly algorithm: AlgorithmDetails;
  /** Empty when the header names none: then every key of the issuer may have signed. */
  readonly kid: string;
}

function isTextOrAbsent(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || typeof value === "string";
}

// Embedded keys are never used. That they must be readable is one of the reader's rules that kube-apiserver goes by.
function isReadableJwk(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (!isJsonObject(value) || value["d"] !== undefined) return false;
  try {
    const members = Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
    createPublicKey({ key: members, format: "jwk" });
    return true;
  } catch {
    return false;
  }
}

function isReadableChain(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (!Array.isArray(value)) return false;
  try {
    for (const item of value) void new X509Certificate(Buffer.from(String(item), "base64"));
    return true;
  } catch {
    return false;
  }
}

function isWellTyped(header: JsonObject): boolean {
  const texts = [header["kid"], header["alg"], header["nonce"]];
  return texts.every((value) => isTextOrAbsent(value)) && isReadableJwk(header["jwk"]) && isReadableChain(header["x5c"]);
}

function hasExtensions(header: JsonObject): boolean {
  const { crit } = header;
  return (crit !== undefined && crit !== null && !(Array.isArray(crit) && crit.length === 0)) || header["b64"] === false;
}

/** The header's members; none for an empty part. Never ambiguous, whatever is allowed in claims: kube-apiserver is as strict here. */
function readHeader(bytes: Uint8Array): { readonly kind: "members"; readonly header: JsonObject } | JwtRefusal {
  // Nothing and `null` are an object without members: then no algorithm is named.
  if (bytes.length === 0 || Buffer.from(bytes).toString("latin1") === "null") return { kind: "members", header: {} };
  const parsed = parseStrictJson(bytes, { isAmbiguityAllowed: false });
  if (parsed.kind === "refused") return refuse("TOKEN_MALFORMED", `the header is refused: ${parsed.fault}`);
  if (isWellTyped(parsed.value)) return { kind: "members", header: parsed.value };
  return refuse("TOKEN_MALFORMED", "the header has a member of a wrong type");
}

/** Judges a JOSE header: readable, a taken algorithm, no extension. Keys that it brings along count for nothing. */
export function judgeTokenHeader(bytes: Uint8Array, algorithms: readonly SignatureAlgorithm[]): TokenHeader | JwtRefusal {
  const read = readHeader(bytes);
  if (read.kind === "refused") return read;
  const { header } = read;
  const { alg, kid } = header;
  const name = algorithms.find((candidate) => candidate === alg);
  const algorithm = name === undefined ? undefined : algorithmDetails.get(name);
  if (algorithm === undefined) {
    return refuse("ALGORITHM_REFUSED", `the token is signed with an unsupported algorithm; one of ${algorithms.join(", ")} is wanted`);
  }
  if (hasExtensions(header)) return refuse("EXTENSION_REFUSED", "the header uses an extension, and none is supported");
  return { kind: "header", algorithm, kid: typeof kid === "string" ? kid : "" };
}
