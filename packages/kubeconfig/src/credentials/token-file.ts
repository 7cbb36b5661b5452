import { readFile } from "node:fs/promises";
import { CredentialError, Secret } from "@kubepass/wire";
import type { ClientHost } from "../client-host.ts";
import { createSharedTask } from "../shared-task.ts";

// Half of what lies between the kubelet's renewal of a projected token and the end of the old one, less a margin.
const goodForMs = 50_000;

async function readToken(path: string): Promise<Secret> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    throw new CredentialError(
      "FILE_UNREADABLE",
      `the token file ${path} cannot be read (${typeof code === "string" ? code : "unknown reason"})`,
      {
        cause: error,
      },
    );
  }
  const token = text.trim();
  if (token === "") throw new CredentialError("FILE_UNREADABLE", `the token file ${path} is empty`);
  return new Secret(token);
}

/**
 * A token that somebody renews in a file, as the kubelet does. It is read again when what was read is older than 50 s; while it
 * cannot be read, the last token is used, or the one that the kubeconfig itself has.
 */
export class TokenFile {
  readonly #path: string;
  readonly #host: ClientHost;
  readonly #read: (signal?: AbortSignal) => Promise<Secret>;
  #token: Secret | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(path: string, fallback: Secret | undefined, host: ClientHost) {
    this.#path = path;
    this.#host = host;
    this.#token = fallback;
    this.#read = createSharedTask(async () => await this.#renew());
  }

  /** Throws `FILE_UNREADABLE` when there has never been a token. */
  async get(signal?: AbortSignal): Promise<Secret> {
    const isFresh = this.#host.clock.now().getTime() - this.#readAtMs < goodForMs;
    return isFresh && this.#token !== undefined ? this.#token : await this.#read(signal);
  }

  async #renew(): Promise<Secret> {
    try {
      this.#token = await readToken(this.#path);
      this.#readAtMs = this.#host.clock.now().getTime();
      return this.#token;
    } catch (error) {
      if (this.#token === undefined) throw error;
      this.#host.log.warn("the token file cannot be read: the last token is used", { file: this.#path });
      return this.#token;
    }
  }
}
