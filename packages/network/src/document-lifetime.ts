const minuteMs = 60_000;
const defaultLifetimeMs = 60 * minuteMs;
const minLifetimeMs = 5 * minuteMs;

/** The longest that a fetched document counts as fresh, whatever its headers say: 24 hours. */
export const maxDocumentLifetimeMs: number = 24 * 60 * minuteMs;

/** How long a document counts as fresh: `max-age` of its Cache-Control header, between 5 minutes and 24 hours; default 1 hour. */
export function findLifetimeMs(headers: Headers): number {
  const cacheControl = headers.get("cache-control") ?? "";
  if (/\bno-(?:store|cache)\b/i.test(cacheControl)) return minLifetimeMs;
  const maxAge = /(?:^|[\s,])max-age="?(\d{1,12})/i.exec(cacheControl)?.[1];
  if (maxAge === undefined) return defaultLifetimeMs;
  return Math.min(Math.max(Number(maxAge) * 1000, minLifetimeMs), maxDocumentLifetimeMs);
}
