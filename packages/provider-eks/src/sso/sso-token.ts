import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { CredentialError, isJsonObject, type JsonObject, Secret } from "@kubepass/wire";
import type { SsoSettings } from "../aws-files.ts";

/** A sign-in at IAM Identity Center, in the form that AWS's tools share. */
export interface SsoToken {
  readonly accessToken: Secret;
  readonly expiresAt: Date;
  /** With these a new access token is had without a person. */
  readonly refreshToken: Secret | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: Secret | undefined;
  readonly registrationExpiresAt: Date | undefined;
}

function findText(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function findSecret(object: JsonObject, name: string): Secret | undefined {
  const text = findText(object, name);
  return text === undefined ? undefined : new Secret(text);
}

function findInstant(object: JsonObject, name: string): Date | undefined {
  // Older tools wrote UTC for Z.
  const instant = new Date(findText(object, name)?.replace(/UTC$/, "Z") ?? Number.NaN);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}

/** Reads what AWS's tools wrote; `undefined` for anything that holds no usable token. Pure. */
export function parseSsoToken(text: string): SsoToken | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const accessToken = findSecret(value, "accessToken");
  const expiresAt = findInstant(value, "expiresAt");
  if (accessToken === undefined || expiresAt === undefined) return undefined;
  return {
    accessToken,
    expiresAt,
    refreshToken: findSecret(value, "refreshToken"),
    clientId: findText(value, "clientId"),
    clientSecret: findSecret(value, "clientSecret"),
    registrationExpiresAt: findInstant(value, "registrationExpiresAt"),
  };
}

function formatInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

/** The text that AWS's tools read. Pure. */
export function formatSsoToken(token: SsoToken, settings: SsoSettings): string {
  return JSON.stringify({
    startUrl: settings.startUrl,
    region: settings.region,
    accessToken: token.accessToken.reveal(),
    expiresAt: formatInstant(token.expiresAt),
    clientId: token.clientId,
    clientSecret: token.clientSecret?.reveal(),
    registrationExpiresAt: token.registrationExpiresAt === undefined ? undefined : formatInstant(token.registrationExpiresAt),
    refreshToken: token.refreshToken?.reveal(),
  });
}

/** True while a token is good, or a new one is had without a person. */
export function isSsoTokenUsable(token: SsoToken | undefined, now: Date): boolean {
  if (token === undefined) return false;
  if (token.expiresAt > now) return true;
  const { refreshToken, clientId, clientSecret, registrationExpiresAt } = token;
  const isRegistered =
    clientId !== undefined && clientSecret !== undefined && (registrationExpiresAt === undefined || registrationExpiresAt > now);
  return refreshToken !== undefined && isRegistered;
}

/** The token in a file; `undefined` when there is none that can be used. */
export function readSsoToken(path: string): SsoToken | undefined {
  try {
    return parseSsoToken(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Puts a text in place of a file at once, for its owner alone. Throws `STORE_UNWRITABLE`. */
export function writeSsoToken(path: string, text: string, uniquePart: number): void {
  const draft = `${path}.${uniquePart}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(draft, text, { mode: 0o600, flag: "w" });
    chmodSync(draft, 0o600);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new CredentialError("STORE_UNWRITABLE", `cannot write ${path}`, { cause: error, hint: "make the folder writable" });
  }
}
