import { CredentialError, isJsonObject, type JsonObject, type JsonValue, Secret } from "@kubepass/wire";
import { parseDocument } from "yaml";

/** A value that stands in the file, or in a file that it names. */
export type Inline = { readonly text: string } | { readonly file: string };

/** How another webhook is reached, as a kubeconfig file says it to `--authentication-token-webhook-config-file`. */
export interface WebhookTarget {
  readonly url: string;
  readonly certificateAuthority?: Inline | undefined;
  readonly clientCertificate?: Inline | undefined;
  readonly clientKey?: Inline | undefined;
  readonly token?: Secret | undefined;
  readonly tokenFile?: string | undefined;
}

type Refuse = (what: string) => CredentialError;

// What is not obeyed must not be passed over in silence: each of these changes who is spoken to, or as whom.
const unknownOfCluster = ["insecure-skip-tls-verify", "tls-server-name", "proxy-url"];
const unknownOfUser = ["exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra"];

function findText(object: JsonObject, key: string, refuse: Refuse): string | undefined {
  const value = object[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw refuse(`has a ${key} that is not a string`);
  return value;
}

function isSet(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== false && value !== "";
}

function checkUnknown(object: JsonObject, keys: readonly string[], refuse: Refuse): void {
  const key = keys.find((candidate) => isSet(object[candidate]));
  if (key !== undefined) throw refuse(`sets ${key}, which is not supported for a webhook`);
}

function findInline(object: JsonObject, key: string, refuse: Refuse): Inline | undefined {
  const content = findText(object, `${key}-data`, refuse);
  if (content !== undefined) return { text: Buffer.from(content, "base64").toString("utf8") };
  const file = findText(object, key, refuse);
  return file === undefined ? undefined : { file };
}

function getNamed(
  document: JsonObject,
  [plural, singular]: readonly [string, string],
  name: string | undefined,
  refuse: Refuse,
): JsonObject {
  const entries = document[plural];
  const list: readonly unknown[] = Array.isArray(entries) && name !== undefined ? entries : [];
  const found = list.filter((each) => isJsonObject(each)).find((each) => each["name"] === name);
  const content: unknown = found?.[singular];
  if (!isJsonObject(content)) throw refuse(`has no ${singular} of the name that is asked for`);
  return content;
}

function parseRoot(source: string, refuse: Refuse): JsonObject {
  const parsed = parseDocument(source, { uniqueKeys: true, stringKeys: true, merge: false });
  if (parsed.errors.length > 0) throw refuse("is not valid YAML");
  let value: unknown;
  try {
    value = parsed.toJS({ maxAliasCount: 0 });
  } catch {
    throw refuse("uses aliases");
  }
  if (!isJsonObject(value)) throw refuse("is no kubeconfig");
  return value;
}

function parseUrl(cluster: JsonObject, refuse: Refuse): string {
  const url = findText(cluster, "server", refuse);
  if (url === undefined || !URL.canParse(url) || new URL(url).protocol !== "https:") throw refuse("has a server that is not an https URL");
  return url;
}

/**
 * Reads a kubeconfig file that names a token webhook. Throws `CONFIG_INVALID` for one that is incomplete, or that sets
 * something which would not be obeyed; `name` says which file it is.
 */
export function parseWebhookKubeconfig(source: string, name: string): WebhookTarget {
  const refuse: Refuse = (what) => new CredentialError("CONFIG_INVALID", `${name} ${what}`);
  const root = parseRoot(source, refuse);
  const context = getNamed(root, ["contexts", "context"], findText(root, "current-context", refuse), refuse);
  const cluster = getNamed(root, ["clusters", "cluster"], findText(context, "cluster", refuse), refuse);
  const userName = findText(context, "user", refuse);
  const user = userName === undefined ? {} : getNamed(root, ["users", "user"], userName, refuse);
  checkUnknown(cluster, unknownOfCluster, refuse);
  checkUnknown(user, unknownOfUser, refuse);
  const token = findText(user, "token", refuse);
  const [clientCertificate, clientKey] = [findInline(user, "client-certificate", refuse), findInline(user, "client-key", refuse)];
  if ((clientCertificate === undefined) !== (clientKey === undefined)) throw refuse("has a client certificate or key without the other");
  return {
    url: parseUrl(cluster, refuse),
    certificateAuthority: findInline(cluster, "certificate-authority", refuse),
    clientCertificate,
    clientKey,
    token: token === undefined ? undefined : new Secret(token),
    tokenFile: findText(user, "tokenFile", refuse),
  };
}
