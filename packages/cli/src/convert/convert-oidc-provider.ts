import type { AuthProviderConfig } from "@kubepass/kubeconfig";
import type { OptionValues } from "@kubepass/plugin-sdk";
import { decodeJwt, formatPrintable, isCredentialError } from "@kubepass/wire";
import type { Conversion, Person, Surroundings } from "./conversion.ts";
import { finishConversion } from "./finish-conversion.ts";
import { placeSecret } from "./place-secret.ts";

const from = "auth-provider oidc";
const read = new Set([
  "idp-issuer-url",
  "client-id",
  "client-secret",
  "extra-scopes",
  "idp-certificate-authority",
  "idp-certificate-authority-data",
]);
const tokens = ["id-token", "refresh-token"];

function findText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Whom an ID token names; `undefined` when it does not say. */
function findPerson(token: string): Person | undefined {
  try {
    const { sub, email, preferred_username: name } = decodeJwt(token).unverifiedClaims;
    const subject = findText(sub);
    return subject === undefined ? undefined : { subject, account: findText(email) ?? findText(name) };
  } catch (error) {
    if (isCredentialError(error)) return undefined;
    throw error;
  }
}

function splitScopes(text: string): readonly string[] {
  return text
    .split(",")
    .map((scope) => scope.trim())
    .filter((scope) => scope !== "");
}

function readValues(find: (key: string) => string, { account, resolvePath }: Surroundings): OptionValues {
  const scopes = splitScopes(find("extra-scopes"));
  const authority = find("idp-certificate-authority");
  const data = find("idp-certificate-authority-data").replace(/\s/g, "");
  return {
    "issuer-url": find("idp-issuer-url"),
    "client-id": find("client-id"),
    ...(account === undefined ? {} : { account }),
    ...(scopes.length === 0 ? {} : { "extra-scope": scopes }),
    ...(authority === "" ? {} : { "certificate-authority": [resolvePath(authority)] }),
    ...(data === "" ? {} : { "certificate-authority-data": [data] }),
  };
}

function listNotes(config: AuthProviderConfig["config"], find: (key: string) => string, { account }: Surroundings): readonly string[] {
  const stored = tokens.filter((key) => find(key) !== "");
  const strange = [...config.keys()].filter((key) => !read.has(key) && !tokens.includes(key));
  return [
    ...(stored.length === 0 ? [] : [`${stored.join(" and ")} leave the kubeconfig: the next kubectl signs in once`]),
    ...(account === undefined
      ? []
      : ["--account keeps this person apart: another user of this kubeconfig is somebody else at the same issuer"]),
    ...(strange.length === 0 ? [] : [`left out, because nothing reads it: ${formatPrintable(strange.join(", "), 200)}`]),
  ];
}

/** The auth-provider `oidc`, which only renews tokens that somebody else got, as `get-token oidc`. */
export function convertOidcProvider({ config }: AuthProviderConfig, surroundings: Surroundings): Conversion {
  const find = (key: string): string => config.get(key)?.reveal() ?? "";
  const placed = placeSecret(from, readValues(find, surroundings), find("client-secret"), surroundings);
  if ("kind" in placed) return placed;
  const notes = [...listNotes(config, find, surroundings), ...placed.notes];
  const authority = find("idp-certificate-authority");
  const whole = surroundings.resolvePath(authority);
  const todo = [
    "let the issuer take the redirect URL http://127.0.0.1/callback, with any port, for this client",
    ...(authority === "" || whole === authority
      ? []
      : [`see that ${whole} is the authority: clients looked for it in the folder they ran in`]),
  ];
  const draft = { from, values: placed.values, notes, todo, secret: placed.secret, person: findPerson(find("id-token")) };
  return finishConversion("oidc", draft, surroundings);
}
