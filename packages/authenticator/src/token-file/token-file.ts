import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { CredentialError } from "@kubepass/wire";
import type { UserInfo } from "../verifier.ts";
import { parseCsv } from "./parse-csv.ts";

/** What a token file comes to. Tokens are kept as keyed hashes alone. */
export interface TokenTable {
  /** Tokens that are known. */
  readonly size: number;
  /** One line each, for the log: records that were passed over or replaced. No tokens. */
  readonly warnings: readonly string[];
  /** Whose token it is. Its time says nothing about how much of a guess was right. */
  find(token: string): UserInfo | undefined;
}

const maxLength = 16 * 1024 * 1024;

function invalid(path: string, why: string): CredentialError {
  return new CredentialError("FILE_UNREADABLE", `the token file ${path} ${why}`, {
    hint: 'each line is token,user,uid or token,user,uid,"group1,group2"',
  });
}

function toUser(record: readonly string[]): UserInfo {
  const [, username = "", uid = "", groups] = record;
  return { username, uid, groups: groups === undefined ? [] : groups.split(","), extra: {} };
}

/**
 * Reads a static token file as kube-apiserver's `--token-auth-file`: CSV of token, user name, uid and optionally groups in one
 * field; further fields are ignored, a record without token is passed over, of a token that stands twice the last counts.
 * `path` is only for messages. Throws `FILE_UNREADABLE` for malformed CSV and records of less than three fields.
 */
export function parseTokenFile(text: string, path: string): TokenTable {
  if (text.length > maxLength) throw invalid(path, `is longer than ${maxLength} characters`);
  const parsed = parseCsv(text);
  if (parsed.kind === "malformed") throw invalid(path, `is malformed at line ${parsed.line}: ${parsed.reason}`);
  // Keyed anew in each process: what leaks of memory or timing is worth nothing elsewhere, and cannot be computed ahead.
  const key = randomBytes(32);
  const hash = (token: string): Buffer => createHmac("sha256", key).update(token, "utf8").digest();
  const users = new Map<string, { readonly digest: Buffer; readonly user: UserInfo }>();
  const warnings: string[] = [];
  for (const [index, record] of parsed.records.entries()) {
    const [token = ""] = record;
    if (record.length < 3) {
      throw invalid(path, `must have at least 3 columns (token, user name, user uid), found ${record.length} in record ${index + 1}`);
    }
    if (token === "") {
      warnings.push(`empty token in token file ${path}, record ${index + 1}`);
      continue;
    }
    const digest = hash(token);
    const name = digest.toString("latin1");
    if (users.has(name)) warnings.push(`duplicate token in token file ${path}, record ${index + 1}: the last counts`);
    users.set(name, { digest, user: toUser(record) });
  }
  return {
    size: users.size,
    warnings,
    find(token) {
      const digest = hash(token);
      const known = users.get(digest.toString("latin1"));
      return known !== undefined && timingSafeEqual(known.digest, digest) ? known.user : undefined;
    },
  };
}
