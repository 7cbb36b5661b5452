import { join } from "node:path";
import { isWholeJson, readDurableFile, removePrivateFile, writeDurableFile } from "@kubepass/storage";
import { isJsonObject } from "@kubepass/wire";
import type { Host } from "../host.ts";
import type { SessionStore } from "./session-store.ts";
import { corruptSession, formatSession, parseSession } from "./session-text.ts";

// Windows keeps 2560 bytes of UTF-16 for an item; 1200 characters fit every keyring there is.
const maxItemLength = 1200;
const cipher = "aes-256-gcm";
const itemPattern = /^(inline|key):([^]*)$/;

// Loaded only with a session: node:crypto is slow to load, and the hot path has none.
const loadCrypto = async (): Promise<typeof import("node:crypto")> => await import("node:crypto");

async function encrypt(text: string, fileKey: Buffer, cacheKey: string): Promise<string> {
  const { createCipheriv, randomBytes } = await loadCrypto();
  const iv = randomBytes(12);
  const encryption = createCipheriv(cipher, fileKey, iv);
  // Bound to its cache key, so that a file moved to another identity's place does not open.
  encryption.setAAD(Buffer.from(cacheKey));
  const ciphertext = Buffer.concat([encryption.update(text, "utf8"), encryption.final()]);
  const tag = encryption.getAuthTag();
  return JSON.stringify({
    version: 1,
    cipher,
    iv: iv.toString("base64"),
    tag: tag.toString("base64"),
    ciphertext: ciphertext.toString("base64"),
  });
}

async function decrypt(text: string, fileKey: Buffer, cacheKey: string): Promise<string> {
  const { createDecipheriv } = await loadCrypto();
  const value: unknown = JSON.parse(text);
  const fields = isJsonObject(value) ? [value["iv"], value["tag"], value["ciphertext"]] : [];
  const [iv, tag, ciphertext] = fields.map((field) => Buffer.from(typeof field === "string" ? field : "", "base64"));
  if (iv?.length !== 12 || tag?.length !== 16 || ciphertext === undefined) throw new TypeError("fields of the encrypted file are missing");
  const decryption = createDecipheriv(cipher, fileKey, iv);
  decryption.setAAD(Buffer.from(cacheKey));
  decryption.setAuthTag(tag);
  return Buffer.concat([decryption.update(ciphertext), decryption.final()]).toString("utf8");
}

/**
 * Sessions in the operating system's keyring. One that is too large for an item lies in a file, encrypted with
 * AES-256-GCM under a key of its own that lies in the keyring, so that there is no limit of size.
 */
export function createKeyringSessionStore(host: Pick<Host, "directories" | "environment" | "keyring">): SessionStore {
  const { userId } = host.environment;
  const pathOf = (key: string): string => join(host.directories.state, "sessions", `${key}.enc`);
  const account = (key: string): string => `session/${key}`;

  async function readEncrypted(key: string, encodedFileKey: string): Promise<string> {
    const path = pathOf(key);
    const text = readDurableFile(path, userId, isWholeJson);
    if (text === undefined) throw corruptSession(path, "the file is gone");
    try {
      return await decrypt(text, Buffer.from(encodedFileKey, "base64"), key);
    } catch {
      throw corruptSession(path, "it does not open with the key in the keyring");
    }
  }

  return {
    name: "keyring",
    async read(key) {
      const item = await host.keyring.read(account(key));
      if (item === undefined) return undefined;
      const [, kind, value] = itemPattern.exec(item) ?? [];
      if (kind === undefined || value === undefined) throw corruptSession("the keyring", "it has an unknown form");
      return parseSession(kind === "inline" ? value : await readEncrypted(key, value), "the keyring");
    },
    async write(key, session) {
      const text = formatSession(session);
      if (text.length <= maxItemLength) {
        await host.keyring.write(account(key), `inline:${text}`);
        removePrivateFile(pathOf(key));
        return;
      }
      // The key stays while it can: should the process die between the two writes, the old file still opens.
      const [, kind, known] = itemPattern.exec((await host.keyring.read(account(key))) ?? "") ?? [];
      const fileKey =
        kind === "key" && known !== undefined ? known : Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
      writeDurableFile(pathOf(key), await encrypt(text, Buffer.from(fileKey, "base64"), key), userId);
      if (fileKey !== known) await host.keyring.write(account(key), `key:${fileKey}`);
    },
    async remove(key) {
      removePrivateFile(pathOf(key));
      await host.keyring.remove(account(key));
    },
  };
}
