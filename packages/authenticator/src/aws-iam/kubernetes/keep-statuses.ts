import { isJsonObject, type JsonObject } from "@kubepass/wire";
import { canonicalizeArn } from "../mapping/arn.ts";

/** Sends a JSON merge patch to the API server. Rejects when the signal aborts. */
export type ClusterPatch = (path: string, change: JsonObject, signal: AbortSignal) => Promise<Response>;

/** Whose status is kept, and who is told. */
export interface StatusOptions {
  /** The list's path. */
  readonly path: string;
  readonly patch: ClusterPatch;
  /** A status cannot be written now; told once until one can be. */
  readonly onFailure: (message: string) => void;
  /** Resolves after the time has passed; rejects when the signal aborts. */
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
}

/** Statuses that are kept. */
export interface KeptStatuses {
  /** All objects as they are now. */
  show(objects: readonly JsonObject[]): void;
  /** Stops writing; resolves when nothing is being written any more. */
  close(): Promise<void>;
}

interface Wanted {
  readonly version: string;
  readonly canonicalArn: string;
}

const firstPauseMs = 1000;
const longestPauseMs = 300_000;

function findText(object: JsonObject, member: string, name: string): string {
  const inner = object[member];
  const text = isJsonObject(inner) ? inner[name] : undefined;
  return typeof text === "string" ? text : "";
}

/** What the status should say and does not, as aws-iam-authenticator writes it; `undefined` when nothing has to be written. */
function findWanted(object: JsonObject): string | undefined {
  const canonicalArn = canonicalizeArn(findText(object, "spec", "arn").toLowerCase())?.arn;
  return canonicalArn === findText(object, "status", "canonicalARN") ? undefined : canonicalArn;
}

/** Statuses that may be written when somebody has given the right to, or when the API server is well again. */
function isForLater(status: number): boolean {
  return status === 401 || status === 403 || status === 429 || status >= 500;
}

/** Writes `status.canonicalARN` of IAMIdentityMapping objects, one after the other and beside everything else. */
class StatusKeeper implements KeptStatuses {
  readonly #options: StatusOptions;
  readonly #controller = new AbortController();
  readonly #ended: Promise<void>;
  /** By name, the version of the object for which all was done that can be. */
  readonly #tried = new Map<string, string>();
  #wanted = new Map<string, Wanted>();
  #wake: () => void = () => {};

  constructor(options: StatusOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  show(objects: readonly JsonObject[]): void {
    this.#wanted = new Map();
    const names = new Set(objects.map((object) => findText(object, "metadata", "name")));
    for (const name of this.#tried.keys()) if (!names.has(name)) this.#tried.delete(name);
    for (const object of objects) {
      const [name, version] = [findText(object, "metadata", "name"), findText(object, "metadata", "resourceVersion")];
      const canonicalArn = findWanted(object);
      if (canonicalArn === undefined) this.#tried.delete(name);
      else if (this.#tried.get(name) !== version) this.#wanted.set(name, { version, canonicalArn });
    }
    this.#wake();
  }

  async close(): Promise<void> {
    this.#controller.abort();
    this.#wake();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller;
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      const [next] = this.#wanted;
      if (next === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (await this.#write(...next, pauseMs === firstPauseMs)) pauseMs = firstPauseMs;
      else {
        // Another one first: it may be this one alone that cannot be written.
        const [name] = next;
        const again = this.#wanted.get(name);
        if (again !== undefined && this.#wanted.delete(name)) this.#wanted.set(name, again);
        await this.#options.sleep(pauseMs, signal).catch(() => {});
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
  }

  /** Whether nothing more can be done for the object as it is. */
  async #write(name: string, { version, canonicalArn }: Wanted, mayTell: boolean): Promise<boolean> {
    const { path, patch, onFailure } = this.#options;
    const { signal } = this.#controller;
    let problem: string | undefined;
    try {
      const response = await patch(`${path}/${encodeURIComponent(name)}/status`, { status: { canonicalARN: canonicalArn } }, signal);
      await response.body?.cancel();
      if (isForLater(response.status)) problem = `${name} was answered with status ${response.status}`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (problem !== undefined) {
      if (mayTell && !signal.aborted) onFailure(problem);
      return false;
    }
    this.#tried.set(name, version);
    if (this.#wanted.get(name)?.version === version) this.#wanted.delete(name);
    return true;
  }
}

/**
 * Keeps `status.canonicalARN` of IAMIdentityMapping objects as aws-iam-authenticator does, whose own index is made of it, as other
 * tools may rely on it. Nothing of ours reads it, and nobody waits for it.
 */
export function keepStatuses(options: StatusOptions): KeptStatuses {
  return new StatusKeeper(options);
}
