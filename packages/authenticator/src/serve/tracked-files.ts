import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CredentialError } from "@kubepass/wire";

/** Digests of files by absolute name; `absent` for those that could not be read. */
export type FileDigests = ReadonlyMap<string, string>;

const maxBytes = 16 * 1024 * 1024;

async function readBytes(path: string): Promise<Buffer> {
  const bytes = await readFile(path);
  if (bytes.length > maxBytes) throw new CredentialError("FILE_UNREADABLE", `${path} is larger than ${maxBytes} bytes`);
  return bytes;
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "it is too large";
}

/** Reads files and remembers what they were, so that somebody can tell later whether they changed. */
export class TrackedFiles {
  readonly #folder: string;
  readonly #digests: Map<string, string>;

  constructor(folder: string, digests: Map<string, string>) {
    this.#folder = folder;
    this.#digests = digests;
  }

  /** A file as text; relative names begin at the folder. Throws `FILE_UNREADABLE`. */
  async read(name: string): Promise<string> {
    const path = resolve(this.#folder, name);
    try {
      const bytes = await readBytes(path);
      this.#digests.set(path, digestOf(bytes));
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch (error) {
      if (!this.#digests.has(path)) this.#digests.set(path, "absent");
      throw new CredentialError("FILE_UNREADABLE", `cannot read ${path}: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/** Whether the files are still what they were. */
export async function areUnchanged(digests: FileDigests): Promise<boolean> {
  for (const [path, before] of digests) {
    const now = await readBytes(path).then(digestOf, () => "absent");
    if (now !== before) return false;
  }
  return true;
}
