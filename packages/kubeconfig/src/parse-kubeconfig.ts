import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { checkText, decodeText } from "./decode-text.ts";
import { refuseKubeconfig } from "./invalid.ts";
import { type Cluster, type Context, emptyKubeconfig, type Kubeconfig } from "./kubeconfig.ts";
import { parseText } from "./parse-text.ts";
import { parseExtensions, parseUser } from "./parse-user.ts";
import { type Place, readBase64, readFlag, readNamed, readObject, readText } from "./read-value.ts";

function parseCluster(object: JsonObject, place: Place): Cluster {
  return {
    server: readText(object, "server", place),
    tlsServerName: readText(object, "tls-server-name", place),
    insecureSkipTlsVerify: readFlag(object, "insecure-skip-tls-verify", place),
    certificateAuthority: readText(object, "certificate-authority", place),
    certificateAuthorityData: readBase64(object, "certificate-authority-data", place),
    proxyUrl: readText(object, "proxy-url", place),
    disableCompression: readFlag(object, "disable-compression", place),
    extensions: parseExtensions(object["extensions"], `${place}.extensions`),
  };
}

function parseContext(object: JsonObject, place: Place): Context {
  return {
    cluster: readText(object, "cluster", place),
    user: readText(object, "user", place),
    namespace: readText(object, "namespace", place),
    extensions: parseExtensions(object["extensions"], `${place}.extensions`),
  };
}

/** A member by a name in any case, as Go's JSON finds it; of several the last in byte order. */
function findFolded(object: JsonObject, name: string): JsonValue | undefined {
  const keys = Object.keys(object).filter((key) => key.toLowerCase() === name.toLowerCase());
  const given = keys.toSorted().filter((key) => object[key] !== null);
  const last = given.at(-1);
  return last === undefined ? undefined : object[last];
}

function readTypeField(object: JsonObject, name: string): string {
  const value = findFolded(object, name) ?? "";
  if (typeof value !== "string") throw refuseKubeconfig(`${name} is not a text`);
  return value;
}

function requireKind(object: JsonObject): void {
  const kind = readTypeField(object, "kind") || "Config";
  const version = readTypeField(object, "apiVersion") || "v1";
  if (kind === "Config" && version === "v1") return;
  throw refuseKubeconfig(
    `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(version)}`,
    "a kubeconfig is of kind Config, version v1",
  );
}

/**
 * A kubeconfig in memory: the text of one file, or of a secret. Paths in it stay as they are. Fields that are not known are
 * ignored, as client-go does. Throws `KUBECONFIG_INVALID`.
 */
export function parseKubeconfig(text: string | Uint8Array): Kubeconfig {
  if (text.length === 0) return emptyKubeconfig;
  const value = parseText(typeof text === "string" ? checkText(text.replace(/^\ufeff/, "")) : decodeText(text));
  if (value === null) return emptyKubeconfig;
  if (!isJsonObject(value)) throw refuseKubeconfig("the text is not a mapping", "is this really a kubeconfig?");
  requireKind(value);
  const preferences = readObject(value["preferences"], "preferences");
  return {
    clusters: readNamed(value["clusters"], "clusters", (entry, place) =>
      parseCluster(readObject(entry["cluster"], `${place}.cluster`), `${place}.cluster`),
    ),
    users: readNamed(value["users"], "users", (entry, place) => parseUser(readObject(entry["user"], `${place}.user`), `${place}.user`)),
    contexts: readNamed(value["contexts"], "contexts", (entry, place) =>
      parseContext(readObject(entry["context"], `${place}.context`), `${place}.context`),
    ),
    currentContext: readText(value, "current-context", "the kubeconfig"),
    preferences: {
      colors: readFlag(preferences, "colors", "preferences"),
      extensions: parseExtensions(preferences["extensions"], "preferences.extensions"),
    },
    extensions: parseExtensions(value["extensions"], "extensions"),
  };
}
