import { type JsonObject, type JsonValue, Secret } from "@kubepass/wire";
import type { AuthProviderConfig, ExecConfig, ExecVariable, Extensions, User } from "./kubeconfig.ts";
import { type Place, readBase64, readFlag, readList, readNamed, readObject, readText, readTexts } from "./read-value.ts";

/** The extensions of a stanza, any JSON each. */
export function parseExtensions(value: JsonValue | undefined, place: Place): Extensions {
  return readNamed(value, place, (entry) => entry["extension"] ?? null);
}

function findSecret(text: string): Secret | undefined {
  return text === "" ? undefined : new Secret(text);
}

function parseAuthProvider(value: JsonValue | undefined, place: Place): AuthProviderConfig | undefined {
  if (value === undefined || value === null) return undefined;
  const object = readObject(value, place);
  const settings = readObject(object["config"], `${place}.config`);
  return {
    name: readText(object, "name", place),
    config: new Map(Object.keys(settings).map((key) => [key, new Secret(readText(settings, key, `${place}.config`))])),
  };
}

function parseVariable(value: JsonValue, place: Place): ExecVariable {
  const object = readObject(value, place);
  return { name: readText(object, "name", place), value: new Secret(readText(object, "value", place)) };
}

const versionsWithDefault = new Set(["client.authentication.k8s.io/v1beta1", "client.authentication.k8s.io/v1alpha1"]);

function parseExec(value: JsonValue | undefined, place: Place): ExecConfig | undefined {
  if (value === undefined || value === null) return undefined;
  const object = readObject(value, place);
  const apiVersion = readText(object, "apiVersion", place);
  const mode = readText(object, "interactiveMode", place);
  return {
    command: readText(object, "command", place),
    args: readTexts(object["args"], `${place}.args`),
    env: readList(object["env"], `${place}.env`).map((item, index) => parseVariable(item, `${place}.env[${index}]`)),
    apiVersion,
    installHint: readText(object, "installHint", place),
    provideClusterInfo: readFlag(object, "provideClusterInfo", place),
    interactiveMode: mode === "" && versionsWithDefault.has(apiVersion) ? "IfAvailable" : mode,
  };
}

function parseExtra(value: JsonValue | undefined, place: Place): ReadonlyMap<string, readonly string[]> {
  const object = readObject(value, place);
  return new Map(Object.keys(object).map((key) => [key, readTexts(object[key], `${place}.${key}`)]));
}

/** An entry of `users`. Throws `KUBECONFIG_INVALID`. */
export function parseUser(object: JsonObject, place: Place): User {
  return {
    clientCertificate: readText(object, "client-certificate", place),
    clientCertificateData: readBase64(object, "client-certificate-data", place),
    clientKey: readText(object, "client-key", place),
    clientKeyData: findSecret(readBase64(object, "client-key-data", place)),
    token: findSecret(readText(object, "token", place)),
    tokenFile: readText(object, "tokenFile", place),
    username: readText(object, "username", place),
    password: findSecret(readText(object, "password", place)),
    impersonate: readText(object, "as", place),
    impersonateUid: readText(object, "as-uid", place),
    impersonateGroups: readTexts(object["as-groups"], `${place}.as-groups`),
    impersonateExtra: parseExtra(object["as-user-extra"], `${place}.as-user-extra`),
    authProvider: parseAuthProvider(object["auth-provider"], `${place}.auth-provider`),
    exec: parseExec(object["exec"], `${place}.exec`),
    extensions: parseExtensions(object["extensions"], `${place}.extensions`),
  };
}
