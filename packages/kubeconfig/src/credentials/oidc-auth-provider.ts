import { readNamedText } from "@kubepass/storage";
import { CredentialError, decodeJwt, isJsonObject, type JsonObject, Secret } from "@kubepass/wire";
import { createFetch, type Fetch, findUrl } from "@kubepass/network";
import type { ClientHost } from "../client-host.ts";
import { createSharedTask } from "../shared-task.ts";

/** The values of an `oidc` auth-provider. */
export type AuthProviderValues = ReadonlyMap<string, Secret>;

/** Where the tokens of an auth-provider are kept between processes. */
export interface AuthProviderStore {
  /**
   * Runs the work with what is stored now while no other process does the same, and stores what it gives; nothing is stored when
   * that is `undefined`. The store may be a kubeconfig that has lost this user: then the work gets `undefined`, and nothing is stored.
   */
  update(work: (stored: AuthProviderValues | undefined) => Promise<AuthProviderValues | undefined>, signal: AbortSignal): Promise<void>;
}

// A token that ends sooner is not used any more.
const marginMs = 10_000;

function refuse(what: string, hint: string): CredentialError {
  return new CredentialError("CONFIG_INVALID", `the auth-provider oidc ${what}`, { hint });
}

function findText(values: AuthProviderValues, key: string): string | undefined {
  return values.get(key)?.reveal() || undefined;
}

function getText(values: AuthProviderValues, key: string): string {
  const text = findText(values, key);
  if (text === undefined) throw refuse(`has no ${key}`, `set auth-provider.config.${key}`);
  return text;
}

/** Whether tokens of one may be used for the other: they are the same client of the same issuer. */
function isSameClient(left: AuthProviderValues, right: AuthProviderValues): boolean {
  const describe = (values: AuthProviderValues): string =>
    JSON.stringify([
      findText(values, "idp-issuer-url")?.replace(/\/$/, ""),
      findText(values, "client-id"),
      findText(values, "client-secret") ?? "",
    ]);
  return describe(left) === describe(right);
}

/** The ID token of an auth-provider while it is good. Decoded without trust: the API server verifies it. Throws `CONFIG_INVALID`. */
function findCurrentToken(values: AuthProviderValues, now: Date): Secret | undefined {
  const token = values.get("id-token");
  if (token === undefined || token.reveal() === "") return undefined;
  let expiry: unknown;
  try {
    expiry = decodeJwt(token.reveal()).unverifiedClaims["exp"];
  } catch (error) {
    throw new CredentialError("CONFIG_INVALID", "the id-token of the auth-provider oidc is not a JWT", {
      cause: error,
      hint: "remove it, and sign in again",
    });
  }
  return typeof expiry === "number" && now.getTime() + marginMs < expiry * 1000 ? token : undefined;
}

/** Whom an ID token is about, whether it is still good or not; `undefined` where that cannot be read. */
function findSubject(values: AuthProviderValues): string | undefined {
  const token = findText(values, "id-token");
  try {
    const subject = token === undefined ? undefined : decodeJwt(token).unverifiedClaims["sub"];
    return typeof subject === "string" ? subject : undefined;
  } catch {
    return undefined;
  }
}

function parseAnswer(text: string, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isJsonObject(value)) return value;
  throw new CredentialError("RESPONSE_INVALID", `the issuer's ${what} is not a JSON object`);
}

/** Judges the discovery document: all that is wanted of it is where tokens are refreshed. Throws `ISSUER_INVALID`. */
export function judgeTokenEndpoint(document: JsonObject, issuer: string): string {
  const endpoint = document["token_endpoint"];
  const url = typeof endpoint === "string" ? findUrl(endpoint) : undefined;
  if (url === undefined) throw new CredentialError("ISSUER_INVALID", `the discovery document of ${issuer} has no token_endpoint`);
  // A secret is sent there: it must be guarded as well as the issuer is.
  if (url.protocol !== "https:" && issuer.startsWith("https:")) {
    throw new CredentialError("ISSUER_INVALID", `the token_endpoint of ${issuer} is not https`);
  }
  return url.href;
}

async function findEndpoint(issuer: string, fetch: Fetch, signal: AbortSignal): Promise<string> {
  const response = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, { signal });
  if (response.status !== 200)
    throw new CredentialError("ISSUER_INVALID", `the discovery document of ${issuer} is answered with status ${response.status}`);
  return judgeTokenEndpoint(parseAnswer(await response.text(), "discovery document"), issuer);
}

async function postForm(
  endpoint: string,
  values: AuthProviderValues,
  isSecretInForm: boolean,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<Response> {
  const id = getText(values, "client-id");
  const secret = findText(values, "client-secret");
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: getText(values, "refresh-token") });
  const headers: Record<string, string> = {};
  if (secret !== undefined && !isSecretInForm) {
    headers["authorization"] = `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`;
  } else {
    body.set("client_id", id);
    if (secret !== undefined) body.set("client_secret", secret);
  }
  return await fetch(endpoint, { method: "POST", body, headers, signal });
}

/** Judges the answer to a refresh. Throws `ISSUER_REFUSED`, `RESPONSE_INVALID`. */
export function judgeRefresh(status: number, answer: JsonObject, before: AuthProviderValues): AuthProviderValues {
  if (status !== 200) {
    const code = typeof answer["error"] === "string" ? answer["error"] : `status ${status}`;
    throw new CredentialError("ISSUER_REFUSED", `the issuer does not refresh the auth-provider's tokens: ${code}`, {
      hint: "sign in again, or convert the auth-provider: kubepass kubeconfig convert",
    });
  }
  const { id_token: idToken, refresh_token: refreshToken } = answer;
  if (typeof idToken !== "string" || idToken === "") {
    throw new CredentialError("RESPONSE_INVALID", "the issuer refreshed the auth-provider's tokens without an id_token", {
      hint: "ask for the scope openid at sign-in; some issuers give no ID token on refresh: use an exec plugin with them",
    });
  }
  const after = new Map(before).set("id-token", new Secret(idToken));
  return typeof refreshToken === "string" && refreshToken !== "" ? after.set("refresh-token", new Secret(refreshToken)) : after;
}

function createIssuerFetch(values: AuthProviderValues, host: ClientHost): Fetch {
  const file = findText(values, "idp-certificate-authority");
  const data = findText(values, "idp-certificate-authority-data");
  const pem =
    data === undefined ? file && readNamedText(file, "the issuer's certificate authority") : Buffer.from(data, "base64").toString("utf8");
  return createFetch(pem ? { certificateAuthorityPems: [pem] } : {}, host);
}

/** The auth-provider `oidc`: an ID token until ten seconds before its end, then one refresh for all who ask. */
export class OidcAuthProvider {
  readonly #host: ClientHost;
  readonly #store: AuthProviderStore | undefined;
  readonly #refresh: (signal?: AbortSignal) => Promise<Secret>;
  #values: AuthProviderValues;
  /** Whom the first ID token was about. Kept beside the values: a later one that names nobody must not make room for anybody. */
  #subject: string | undefined;

  /** Throws `CONFIG_INVALID` without issuer or client id. */
  constructor(values: AuthProviderValues, store: AuthProviderStore | undefined, host: ClientHost) {
    getText(values, "idp-issuer-url");
    getText(values, "client-id");
    this.#values = values;
    this.#subject = findSubject(values);
    this.#store = store;
    this.#host = host;
    this.#refresh = createSharedTask(async (signal) => await this.#renew(signal));
  }

  /**
   * The ID token to use now. Throws `CONFIG_INVALID`, `LOGIN_REQUIRED` without a refresh token, `ISSUER_REFUSED`, `ISSUER_INVALID`,
   * `RESPONSE_INVALID`, `IDENTITY_CHANGED` when the entry has become that of another person, and what the network throws.
   */
  async get(signal?: AbortSignal): Promise<Secret> {
    return findCurrentToken(this.#values, this.#host.clock.now()) ?? (await this.#refresh(signal));
  }

  /** What to use from now on; what is answered is to be stored in the place of `stored`. */
  async #update(stored: AuthProviderValues | undefined, signal: AbortSignal): Promise<AuthProviderValues | undefined> {
    const own = this.#values;
    // The entry may have become that of another issuer or person: its tokens are none of ours, and ours are not for it.
    if (stored !== undefined && (!isSameClient(stored, own) || this.#isSomebodyElse(stored))) {
      this.#keep(await this.#ask(own, signal));
      return undefined;
    }
    // Another process may have refreshed while this one waited: its refresh token is the one that counts.
    const latest = stored ?? own;
    const isCurrent = findCurrentToken(latest, this.#host.clock.now()) !== undefined;
    return isCurrent ? latest : await this.#ask(latest, signal);
  }

  /** Whether tokens say that they are about another person than the first ones; before these, nobody is another person. */
  #isSomebodyElse(values: AuthProviderValues): boolean {
    const subject = findSubject(values);
    return subject !== undefined && this.#subject !== undefined && subject !== this.#subject;
  }

  /** A program that began as one person never goes on as another. Throws `IDENTITY_CHANGED`. */
  #keep(values: AuthProviderValues): void {
    if (this.#isSomebodyElse(values)) {
      throw new CredentialError("IDENTITY_CHANGED", "the auth-provider's tokens are another person's by now", {
        hint: "start the program anew if that is meant",
      });
    }
    this.#subject ??= findSubject(values);
    this.#values = values;
  }

  async #renew(signal: AbortSignal): Promise<Secret> {
    if (this.#store === undefined) {
      this.#keep(await this.#ask(this.#values, signal));
    } else {
      let latest: AuthProviderValues | undefined;
      await this.#store.update(async (stored) => (latest = await this.#update(stored, signal)), signal);
      // Only once they are stored: whoever they belong to, a refresh token that was used up must not stay there.
      if (latest !== undefined) this.#keep(latest);
    }
    // What was given just now is sent though it ends soon, or has ended by a clock that is wrong: the server judges it.
    return findCurrentToken(this.#values, this.#host.clock.now()) ?? new Secret(getText(this.#values, "id-token"));
  }

  async #ask(values: AuthProviderValues, signal: AbortSignal): Promise<AuthProviderValues> {
    if (findText(values, "refresh-token") === undefined) {
      throw new CredentialError("LOGIN_REQUIRED", "the auth-provider oidc has no current id-token and no refresh-token", {
        hint: "sign in again, or convert the auth-provider: kubepass kubeconfig convert",
      });
    }
    const fetch = createIssuerFetch(values, this.#host);
    const endpoint = await findEndpoint(getText(values, "idp-issuer-url"), fetch, signal);
    let response = await postForm(endpoint, values, false, fetch, signal);
    const mayWantForm = (response.status === 400 || response.status === 401) && findText(values, "client-secret") !== undefined;
    let answer = parseAnswer(await response.text(), "answer to the refresh");
    if (mayWantForm && answer["error"] !== "invalid_grant") {
      response = await postForm(endpoint, values, true, fetch, signal);
      answer = parseAnswer(await response.text(), "answer to the refresh");
    }
    return judgeRefresh(response.status, answer, values);
  }
}
