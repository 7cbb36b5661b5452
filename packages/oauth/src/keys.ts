import type { webcrypto } from "node:crypto";
import { CredentialError, formatPrintable, type JsonObject } from "@kubepass/wire";
import {
  type CachedDocument,
  type CacheHost,
  canStandIn,
  createDocumentKey,
  isFresh,
  readCachedDocument,
  writeCachedDocument,
} from "./cached-document.ts";
import { type Fetch, fetchDocument, findLifetimeMs, parseKeySet } from "@kubepass/network";
import type { KeySource } from "./connection.ts";
import { findVerificationKey } from "./key-set.ts";

/** What a key source needs around it. */
export interface KeySourceOptions {
  /** Where the issuer publishes its keys (`jwks_uri`); already judged to be https. */
  readonly jwksUrl: string | undefined;
  readonly fetch: Fetch;
  readonly host: CacheHost;
  /** Tells ways to the network apart, as in discovery. */
  readonly networkIdentity?: string | undefined;
}

const minRefetchMs = 60_000;

function createUnknownKeyError(header: JsonObject, jwksUrl: string): CredentialError {
  const kid = header["kid"];
  const name = typeof kid === "string" ? `the key ${formatPrintable(kid, 100)}` : "a key that its header does not name";
  return new CredentialError("KEY_UNKNOWN", `the token is signed by ${name}, which ${jwksUrl} does not publish for it`, {
    hint: "try again in a minute if the issuer just changed its keys; else check the issuer URL",
  });
}

class CachedKeySource implements KeySource {
  readonly #jwksUrl: string;
  readonly #options: KeySourceOptions;
  readonly #key: string;
  // Beside the file, so that the limit of downloads holds where no file can be written.
  #document: CachedDocument | undefined;

  constructor(jwksUrl: string, options: KeySourceOptions) {
    this.#jwksUrl = jwksUrl;
    this.#options = options;
    this.#key = createDocumentKey("keys", [jwksUrl, options.networkIdentity ?? null]);
  }

  async find(header: JsonObject, signal: AbortSignal): Promise<webcrypto.CryptoKey> {
    const { host } = this.#options;
    this.#document = this.#newest(this.#document, readCachedDocument(host, this.#key));
    const known = this.#document;
    if (known === undefined) return await this.#fetchKey(header, signal);
    const now = host.clock.now();
    const key = await this.#findIn(known, header);
    if (key !== undefined && isFresh(known, now)) return key;
    if (this.#isJustFetched(known)) throw createUnknownKeyError(header, this.#jwksUrl);
    try {
      return await this.#fetchKey(header, signal);
    } catch (error) {
      if (key === undefined || !canStandIn(known, error, now)) throw error;
      host.log.info("the issuer is unreachable: its last keys are used", { jwksUrl: this.#jwksUrl, fetchedAt: known.fetchedAt });
      return key;
    }
  }

  async findAgain(header: JsonObject, signal: AbortSignal): Promise<webcrypto.CryptoKey | undefined> {
    if (this.#document !== undefined && this.#isJustFetched(this.#document)) return undefined;
    return await this.#fetchKey(header, signal);
  }

  /** A flood of tokens with made-up keys must not become a flood of downloads (S52). */
  #isJustFetched({ fetchedAt }: CachedDocument): boolean {
    return this.#options.host.clock.now().getTime() - fetchedAt.getTime() < minRefetchMs;
  }

  #newest(left: CachedDocument | undefined, right: CachedDocument | undefined): CachedDocument | undefined {
    if (left === undefined || right === undefined) return left ?? right;
    return right.fetchedAt > left.fetchedAt ? right : left;
  }

  async #findIn(document: CachedDocument, header: JsonObject): Promise<webcrypto.CryptoKey | undefined> {
    const keys = parseKeySet(document.text);
    return keys === undefined ? undefined : await findVerificationKey(keys, header);
  }

  async #fetchKey(header: JsonObject, signal: AbortSignal): Promise<webcrypto.CryptoKey> {
    const key = await this.#findIn(await this.#fetch(signal), header);
    if (key === undefined) throw createUnknownKeyError(header, this.#jwksUrl);
    return key;
  }

  async #fetch(signal: AbortSignal): Promise<CachedDocument> {
    const { fetch, host } = this.#options;
    const answer = await fetchDocument(this.#jwksUrl, "key set", fetch, signal);
    if (answer === undefined || parseKeySet(answer.text) === undefined) {
      const what = answer === undefined ? "publishes no keys (status 404)" : "answered with something that is no key set";
      throw new CredentialError("ISSUER_INVALID", `${this.#jwksUrl} ${what}`, {
        hint: "check jwks_uri of the issuer's discovery document",
      });
    }
    const fetchedAt = host.clock.now();
    const document = { text: answer.text, fetchedAt, freshUntil: new Date(fetchedAt.getTime() + findLifetimeMs(answer.headers)) };
    this.#document = document;
    writeCachedDocument(host, this.#key, document);
    return document;
  }
}

/**
 * The published keys of an issuer, cached on disk as its discovery document is. A key that is not among them, or that did not make a
 * signature, makes one new download at most once a minute over all processes, so that a change of keys is noticed at once.
 * Both methods throw `KEY_UNKNOWN`, `ISSUER_INVALID` for what is no key set, and what `createFetch` throws.
 */
export function createKeySource(options: KeySourceOptions): KeySource {
  if (options.jwksUrl !== undefined) return new CachedKeySource(options.jwksUrl, options);
  return {
    find: () => {
      const hint = "configure the jwks endpoint of the issuer";
      return Promise.reject(
        new CredentialError("ISSUER_INVALID", "the issuer's discovery document names no jwks_uri, so no token can be verified", { hint }),
      );
    },
    findAgain: () => Promise.resolve(undefined),
  };
}
