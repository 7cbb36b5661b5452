import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { fingerprintVariables, type Host, readNamedText } from "@kubepass/plugin-sdk";
import { formatCanonicalJson, hashSha256, type JsonValue, Secret } from "@kubepass/wire";
import type { Grant } from "./oidc-options.ts";
import type { SecretSource } from "./secret-source.ts";

type GrantHost = Pick<Host, "directories" | "environment">;

function locate(source: SecretSource, host: GrantHost): SecretSource {
  if (source.kind !== "file" || source.path === "") return source;
  const { path } = source;
  const isHome = path === "~" || path.startsWith("~/");
  return { kind: "file", path: isHome ? join(host.directories.home, path.slice(1)) : resolve(path) };
}

/** The grant with whole paths instead of those from the working folder: there, another person's file has the same name. */
export function locateGrant(grant: Grant, host: GrantHost): Grant {
  switch (grant.type) {
    case "token-exchange":
      return { ...grant, subject: locate(grant.subject, host), actor: grant.actor === undefined ? undefined : locate(grant.actor, host) };
    case "jwt-bearer":
      return { ...grant, assertion: locate(grant.assertion, host) };
    default:
      return grant;
  }
}

function findText(path: string): string | undefined {
  try {
    return readNamedText(path, "the token file").trim();
  } catch {
    // Told when the token is needed.
    return undefined;
  }
}

interface ReadSource {
  readonly source: SecretSource;
  readonly facts: JsonValue;
}

function read(source: SecretSource, host: GrantHost): ReadSource {
  if (source.kind === "command") {
    // What it prints is known only to itself: whatever it may look at must be the same.
    return { source, facts: [source.program, ...source.args, resolve("."), fingerprintVariables(host.environment.variables)] };
  }
  const text = source.kind === "file" ? findText(source.path) : undefined;
  // Of what cannot be read beforehand nothing is known, so that no stored credential is made from it.
  return text === undefined || text === ""
    ? { source, facts: randomUUID() }
    : { source: { kind: "text", secret: new Secret(text) }, facts: hashSha256(text) };
}

/** The grant with the texts of its files, and a hash of all that its credential is made from. Never throws. */
export function readGrant(grant: Grant, host: GrantHost): { readonly grant: Grant; readonly fingerprint: string } {
  const hash = (facts: readonly JsonValue[]): string => hashSha256(formatCanonicalJson([...facts]));
  switch (grant.type) {
    case "token-exchange": {
      const subject = read(grant.subject, host);
      const actor = grant.actor === undefined ? undefined : read(grant.actor, host);
      return {
        grant: { ...grant, subject: subject.source, actor: actor?.source },
        fingerprint: hash([subject.facts, actor?.facts ?? null]),
      };
    }
    case "jwt-bearer": {
      const assertion = read(grant.assertion, host);
      return { grant: { ...grant, assertion: assertion.source }, fingerprint: hash([assertion.facts]) };
    }
    default:
      return { grant, fingerprint: hash([]) };
  }
}
