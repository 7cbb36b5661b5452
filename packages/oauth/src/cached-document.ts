import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Host, readPrivateFile, writePrivateFile } from "@kubepass/plugin-sdk";
import { maxDocumentLifetimeMs } from "@kubepass/network";
import { formatCanonicalJson, isCredentialError, isJsonObject, type JsonValue } from "@kubepass/wire";

/** What the cache of fetched documents needs. */
export type CacheHost = Pick<Host, "clock" | "log" | "directories" | "environment">;

/**
 * A document as it came over the network. It is kept as text, not as what was found good in it:
 * whoever reads it runs all checks again, so that a changed file is worth no more than a changed answer.
 */
export interface CachedDocument {
  readonly text: string;
  readonly fetchedAt: Date;
  readonly freshUntil: Date;
}

const maxStaleMs = 24 * 60 * 60_000;

/** Whether a document needs no new download. */
export function isFresh(document: CachedDocument, now: Date): boolean {
  return now < document.freshUntil;
}

/** Whether a document may stand in after a download failed: the issuer was unreachable, and at most 24 hours since it ceased to be fresh. */
export function canStandIn(document: CachedDocument, error: unknown, now: Date): boolean {
  const isUnreachable = isCredentialError(error, "ISSUER_UNREACHABLE") || isCredentialError(error, "PROXY_FAILED");
  return isUnreachable && now.getTime() < document.freshUntil.getTime() + maxStaleMs;
}

/** A name for a document of one place, fetched in one way: the SHA-256 of what tells it from others, in hex. */
export function createDocumentKey(kind: string, parts: JsonValue): string {
  return `${kind}-${createHash("sha256").update(formatCanonicalJson(parts)).digest("hex")}`;
}

function pathOf(host: CacheHost, key: string): string {
  return join(host.directories.cache, "issuers", `${key}.json`);
}

function findInstant(value: JsonValue | undefined): Date | undefined {
  const instant = new Date(typeof value === "string" ? value : Number.NaN);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}

/** Reads the text of a cache file; `undefined` for one that is odd, comes from the future, or claims too long a life. */
export function parseCachedDocument(file: string, now: Date): CachedDocument | undefined {
  let value: unknown;
  try {
    value = JSON.parse(file);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || value["version"] !== 1) return undefined;
  const [text, fetchedAt, freshUntil] = [value["text"], findInstant(value["fetchedAt"]), findInstant(value["freshUntil"])];
  if (typeof text !== "string" || fetchedAt === undefined || freshUntil === undefined) return undefined;
  if (fetchedAt > now || freshUntil.getTime() - fetchedAt.getTime() > maxDocumentLifetimeMs) return undefined;
  return { text, fetchedAt, freshUntil };
}

/** The document of a key, if there is one. Whatever is wrong with the file counts as none. */
export function readCachedDocument(host: CacheHost, key: string): CachedDocument | undefined {
  try {
    const file = readPrivateFile(pathOf(host, key), host.environment.userId);
    return file === undefined ? undefined : parseCachedDocument(file, host.clock.now());
  } catch (error) {
    host.log.debug("a cached document was passed over", { key, reason: error instanceof Error ? error.message : "unknown" });
    return undefined;
  }
}

/** Keeps a document. A cache that cannot be written is no failure. */
export function writeCachedDocument(host: CacheHost, key: string, document: CachedDocument): void {
  const text = JSON.stringify({
    version: 1,
    fetchedAt: document.fetchedAt.toISOString(),
    freshUntil: document.freshUntil.toISOString(),
    text: document.text,
  });
  try {
    writePrivateFile(pathOf(host, key), text, host.environment.userId);
  } catch (error) {
    host.log.info("a document of the issuer could not be cached", { reason: error instanceof Error ? error.message : "unknown" });
  }
}
