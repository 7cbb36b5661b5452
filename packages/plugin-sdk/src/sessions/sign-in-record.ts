import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isWholeJson, readDurableFile, removePrivateFile, writeDurableFile, writePassingFile } from "@kubepass/storage";
import { findSystemCode, isCredentialError, isJsonObject, type JsonObject } from "@kubepass/wire";
import type { Host } from "../host.ts";
import type { SessionStoreName } from "./session-store.ts";

/**
 * What is known of a sign-in without any secret: whom it is for and where its session lies. It binds an identity to a
 * subject, and lets `status` answer without waking a keyring.
 */
export interface SignInRecord {
  readonly key: string;
  readonly provider: string;
  readonly label: string | undefined;
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  readonly store: SessionStoreName;
  /** Where older sessions may still lie, because they could not be removed. They are never used, only ended. */
  readonly otherStores: readonly SessionStoreName[];
  /** The person signed out; the record is there only so that the next sign-out knows of what could not be ended. */
  readonly isEnded?: boolean | undefined;
  readonly signedInAt: Date;
  readonly renewedAt: Date;
  readonly sessionExpiresAt: Date | undefined;
  /** The options of the sign-in without secrets, so that it can be ended later without repeating them. */
  readonly options: JsonObject | undefined;
}

type RecordHost = Pick<Host, "directories" | "environment" | "log">;

const stores: readonly SessionStoreName[] = ["keyring", "file", "none"];
const keyPattern = /^[0-9a-f]{64}$/;

function recordDirectory(host: RecordHost): string {
  return join(host.directories.state, "sign-ins");
}

function recordPath(host: RecordHost, key: string): string {
  return join(recordDirectory(host), `${key}.json`);
}

function findInstant(value: unknown): Date | undefined {
  const instant = new Date(typeof value === "string" ? value : Number.NaN);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}

function parseOtherStores(value: unknown, store: SessionStoreName): readonly SessionStoreName[] {
  return Array.isArray(value) ? stores.filter((name) => name !== "none" && name !== store && value.includes(name)) : [];
}

function findText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function parseRecord(text: string, key: string): SignInRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || value["key"] !== key) return undefined;
  const provider = findText(value["provider"]);
  const store = stores.find((name) => name === (isJsonObject(value) ? value["store"] : undefined));
  const signedInAt = findInstant(value["signedInAt"]);
  if (provider === undefined || store === undefined || signedInAt === undefined) return undefined;
  return {
    key,
    provider,
    store,
    otherStores: parseOtherStores(value["otherStores"], store),
    isEnded: value["isEnded"] === true ? true : undefined,
    signedInAt,
    label: findText(value["label"]),
    issuer: findText(value["issuer"]),
    subject: findText(value["subject"]),
    renewedAt: findInstant(value["renewedAt"]) ?? signedInAt,
    sessionExpiresAt: findInstant(value["sessionExpiresAt"]),
    options: isJsonObject(value["options"]) ? value["options"] : undefined,
  };
}

/** The record of a key; a damaged one counts as none, with a warning. Throws `STORE_UNSAFE`. */
export function findSignInRecord(host: RecordHost, key: string): SignInRecord | undefined {
  const text = readDurableFile(recordPath(host, key), host.environment.userId, isWholeJson);
  if (text === undefined) return undefined;
  const record = parseRecord(text, key);
  if (record === undefined) host.log.warn("ignoring a damaged sign-in record", { key: key.slice(0, 8) });
  return record;
}

/** Whether a record leads to a session or binds its identity to somebody; else it only tells `status` of the identity. */
function isBinding({ store, otherStores, issuer, subject }: SignInRecord): boolean {
  return store !== "none" || otherStores.length > 0 || issuer !== undefined || subject !== undefined;
}

/**
 * Keeps a record, on the disk when this returns where losing it would lose more than a line of `status`.
 * Throws `STORE_UNSAFE` or `STORE_UNWRITABLE`.
 */
export function writeSignInRecord(host: RecordHost, record: SignInRecord): void {
  const text = JSON.stringify({ version: 1, ...record });
  const write = isBinding(record) ? writeDurableFile : writePassingFile;
  write(recordPath(host, record.key), text, host.environment.userId);
}

/** Forgets a record. */
export function removeSignInRecord(host: RecordHost, key: string): void {
  removePrivateFile(recordPath(host, key));
}

/** All records, oldest sign-in first; those that cannot be read are left out with a warning. No network, no keyring. */
export function findSignInRecords(host: RecordHost): SignInRecord[] {
  let names: string[];
  try {
    names = readdirSync(recordDirectory(host));
  } catch (error) {
    if (findSystemCode(error) === "ENOENT") return [];
    throw error;
  }
  const keys = names.map((name) => name.replace(/\.json$/, "")).filter((name) => keyPattern.test(name));
  const records = keys.flatMap((key) => {
    try {
      return findSignInRecord(host, key) ?? [];
    } catch (error) {
      if (!isCredentialError(error)) throw error;
      host.log.warn("leaving out a sign-in record", { code: error.code, reason: error.message });
      return [];
    }
  });
  return records.toSorted((left, right) => left.signedInAt.getTime() - right.signedInAt.getTime());
}
