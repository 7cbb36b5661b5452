import { readNamedText } from "@kubepass/storage";
import { CredentialError, Secret } from "@kubepass/wire";
import type { ClientHost } from "../client-host.ts";

// Half of what lies between the kubelet's renewal of a projected token and the end of the old one, less a margin.
const goodForMs = 50_000;

function readToken(path: string): Secret {
  const token = readNamedText(path, "the token file").trim();
  if (token !== "") return new Secret(token);
  throw new CredentialError("FILE_UNREADABLE", `the token file ${path} is empty`, { hint: "is whatever writes the token running?" });
}

/**
 * A token that somebody renews in a file, as the kubelet does. It is read again when what was read is older than 50 s; while it
 * cannot be read, the last token is used, or the one that the kubeconfig itself has.
 */
export class TokenFile {
  readonly #path: string;
  readonly #host: ClientHost;
  #token: Secret | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(path: string, fallback: Secret | undefined, host: ClientHost) {
    this.#path = path;
    this.#host = host;
    this.#token = fallback;
  }

  /** Throws `FILE_UNREADABLE` when there has never been a token. */
  async get(): Promise<Secret> {
    const isFresh = this.#host.clock.now().getTime() - this.#readAtMs < goodForMs;
    return isFresh && this.#token !== undefined ? this.#token : this.#renew();
  }

  #renew(): Secret {
    try {
      this.#token = readToken(this.#path);
      this.#readAtMs = this.#host.clock.now().getTime();
      return this.#token;
    } catch (error) {
      if (this.#token === undefined) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      this.#host.log.warn("the token file cannot be read: the last token is used", { file: this.#path, reason });
      return this.#token;
    }
  }
}
