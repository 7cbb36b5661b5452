import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { isJsonObject } from "@kubepass/wire";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify, type JWTVerifyOptions } from "jose";
import type { ApiUser } from "./rbac.ts";
import { requestJson } from "./request-json.ts";

/** Which tokens an API server accepts, as in kube-apiserver's AuthenticationConfiguration. */
export interface JwtAuthenticatorOptions {
  readonly issuerUrl: string;
  /** One of them has to be in the token's `aud`. */
  readonly audiences: readonly string[];
  /** Whom to trust when keys are fetched (PEM). */
  readonly certificateAuthorityPem?: string | undefined;
  /** Default `sub`. */
  readonly usernameClaim?: string | undefined;
  readonly usernamePrefix?: string | undefined;
  /** Default `groups`. */
  readonly groupsClaim?: string | undefined;
  readonly groupsPrefix?: string | undefined;
}

/** The user of a request; `refused` says for the log why a credential is not accepted. */
export type Authentication =
  | { readonly kind: "user"; readonly user: ApiUser }
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly reason: string };

/** Finds out who sends a request. */
export type Authenticator = (request: IncomingMessage) => Promise<Authentication>;

const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

function refuse(reason: string): Authentication {
  return { kind: "refused", reason };
}

function accept(username: string, groups: readonly string[]): Authentication {
  return { kind: "user", user: { username, groups: [...groups, "system:authenticated"] } };
}

function acceptPrefixed(username: string, groups: readonly string[], options: JwtAuthenticatorOptions): Authentication {
  const { usernamePrefix = "", groupsPrefix = "" } = options;
  const prefixed = groups.map((group) => `${groupsPrefix}${group}`);
  return accept(`${usernamePrefix}${username}`, prefixed);
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return isJsonObject(value) && Array.isArray(value["keys"]) && value["keys"].every((key) => isJsonObject(key));
}

async function downloadKeys({ issuerUrl, certificateAuthorityPem }: JwtAuthenticatorOptions): Promise<JSONWebKeySet> {
  const discoveryUrl = `${issuerUrl.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const discovery = await requestJson(discoveryUrl, { certificateAuthorityPem });
  if (!isJsonObject(discovery.body) || discovery.body["issuer"] !== issuerUrl) throw new Error(`${discoveryUrl} is of another issuer`);
  const keysUrl = discovery.body["jwks_uri"];
  if (typeof keysUrl !== "string") throw new Error(`${discoveryUrl} names no keys`);
  const keys = await requestJson(keysUrl, { certificateAuthorityPem });
  if (!isKeySet(keys.body)) throw new Error(`${keysUrl} holds no key set`);
  return keys.body;
}

function findGroups(claim: unknown): readonly string[] | undefined {
  const groups: readonly unknown[] = Array.isArray(claim) ? claim : [claim ?? []].flat();
  return groups.every((group) => typeof group === "string") ? groups : undefined;
}

function judgeClaims(claims: JWTPayload, options: JwtAuthenticatorOptions): Authentication {
  const { usernameClaim = "sub", groupsClaim = "groups" } = options;
  const username = claims[usernameClaim];
  if (typeof username !== "string" || username === "") return refuse(`the claim ${usernameClaim} is not a text`);
  // As kube-apiserver does: an address is a name unless the issuer says that nobody verified it.
  if (usernameClaim === "email" && claims["email_verified"] === false) return refuse("the claim email_verified is not true");
  const groups = findGroups(claims[groupsClaim]);
  return groups === undefined ? refuse(`the claim ${groupsClaim} is not a list of texts`) : acceptPrefixed(username, groups, options);
}

/** Verifies bearer tokens with the issuer's keys, which are fetched once, and once more for a key that is not among them. */
function createTokenVerifier(options: JwtAuthenticatorOptions, now: () => Date): (token: string) => Promise<Authentication> {
  let keys: Promise<JSONWebKeySet> | undefined;
  const verify = async (token: string): Promise<JWTPayload> => {
    keys ??= downloadKeys(options);
    const settings: JWTVerifyOptions = { issuer: options.issuerUrl, audience: [...options.audiences], algorithms, currentDate: now() };
    const { payload } = await jwtVerify(token, createLocalJWKSet(await keys), settings);
    if (payload.exp === undefined) throw new Error("the token has no end");
    return payload;
  };
  return async (token) => {
    const isCached = keys !== undefined;
    try {
      const claims = await verify(token).catch(async (error: unknown) => {
        if (!isCached || !(error instanceof errors.JWKSNoMatchingKey)) throw error;
        keys = undefined;
        return await verify(token);
      });
      return judgeClaims(claims, options);
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) keys = undefined;
      return refuse(error instanceof Error ? error.message : String(error));
    }
  };
}

function findSubjectParts(certificate: X509Certificate, name: string): readonly string[] {
  // One part on each line; `+` joins those of a multi-valued one.
  const parts = certificate.subject.split(/\n| \+ /);
  return parts.filter((part) => part.startsWith(`${name}=`)).map((part) => part.slice(name.length + 1));
}

function judgeCertificate(certificate: X509Certificate, authorityPem: string, now: Date): Authentication {
  const authority = new X509Certificate(authorityPem);
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) {
    return refuse("the client certificate is of another authority");
  }
  if (now < new Date(certificate.validFrom) || now > new Date(certificate.validTo)) return refuse("the client certificate has ended");
  const [username] = findSubjectParts(certificate, "CN");
  if (username === undefined) return refuse("the client certificate names nobody");
  return accept(username, findSubjectParts(certificate, "O"));
}

function findPeerCertificate(request: IncomingMessage): X509Certificate | undefined {
  if (!(request.socket instanceof TLSSocket)) return undefined;
  // Only the raw bytes: Bun leaves the subject of the parsed form empty.
  const raw: unknown = request.socket.getPeerCertificate().raw;
  return raw instanceof Uint8Array ? new X509Certificate(raw) : undefined;
}

/** What {@link createAuthenticator} accepts. */
export interface AuthenticatorOptions {
  readonly jwt?: JwtAuthenticatorOptions | undefined;
  /** Client certificates of this authority name a user (CN) and groups (O). */
  readonly clientAuthorityPem?: string | undefined;
  readonly now: () => Date;
}

/** The bearer token of a request. */
export function findBearerToken(request: IncomingMessage): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
}

/** Client certificates first, then bearer tokens, as in kube-apiserver. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const verifyToken = options.jwt === undefined ? undefined : createTokenVerifier(options.jwt, options.now);
  return async (request) => {
    const certificate = options.clientAuthorityPem === undefined ? undefined : findPeerCertificate(request);
    if (certificate !== undefined && options.clientAuthorityPem !== undefined) {
      return judgeCertificate(certificate, options.clientAuthorityPem, options.now());
    }
    const token = findBearerToken(request);
    if (token === undefined) return { kind: "none" };
    return verifyToken === undefined ? refuse("tokens are not accepted here") : await verifyToken(token);
  };
}
