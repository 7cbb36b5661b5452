import { formatCanonicalJson, hashSha256, type JsonObject } from "@kubepass/wire";

// Raised when the meaning of an entry changes, so that old entries are never read as new ones.
const formatVersion = 1;

/**
 * The name under which an identity's credential, session, lock and attempts are kept: the lowercase hex SHA-256
 * of the canonical JSON of `{format, provider, identity}`. Members in another order, or any number of
 * them, give the same key; another account, issuer, audience or scope gives another (docs/cache.md).
 */
export function deriveCacheKey(provider: string, identity: JsonObject): string {
  return hashSha256(formatCanonicalJson({ format: formatVersion, provider, identity }));
}
