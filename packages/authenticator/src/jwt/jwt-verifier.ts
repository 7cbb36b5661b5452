import type { JsonObject, JsonValue, Secret } from "@kubepass/wire";
import type { CompiledAuthenticator, CompiledConfiguration } from "../configuration/compiled.ts";
import type { Verdict, Verifier, VerifyContext } from "../verifier.ts";
import { type SignatureAlgorithm, signatureAlgorithms } from "./algorithms.ts";
import { type CompactPolicy, type CompactToken, findPayloadBytes, splitCompactToken } from "./compact-token.ts";
import type { FoundKeys, KeySource, KeySourceStatus } from "./issuer-keys.ts";
import type { ClaimOutcome, ClaimsSource, Doubt } from "./claims-sources.ts";
import { findDistributedGroups, judgeClaims, judgeMapped, type JudgedClaims, judgeRegistered } from "./judge-claims.ts";
import { findClaim } from "./map-user.ts";
import { type JwtRefusal, refuse } from "./reasons.ts";
import { findOddCaseName, foldRegisteredNames } from "./registered-claims.ts";
import { type JsonPolicy, parseStrictJson } from "./strict-json.ts";
import { judgeTokenHeader, type TokenHeader } from "./token-header.ts";
import type { OptionalTrace, Trace } from "./trace.ts";
import { isSignatureOfAny } from "./verify-signature.ts";

/** How tokens are read. Nothing needs to be given. */
export interface JwtVerifierOptions {
  /** Default: all nine. */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /**
   * Unsafe: reads tokens as loosely as kube-apiserver: duplicate keys, registered claims in odd case, broken text, white space and
   * stray bits. Two programs may then read two identities out of one token.
   */
  readonly isInsecureParsingAllowed?: boolean | undefined;
}

/** One issuer as a verifier needs it. */
export interface JwtIssuer {
  readonly entry: CompiledAuthenticator;
  readonly keys: KeySource;
  /** Where distributed groups come from; without it, they are refused. */
  readonly claimsSource?: ClaimsSource | undefined;
}

/** A {@link Verifier} of JWTs, which can also tell how it came to its verdict and how its issuers stand. */
export interface JwtVerifier extends Verifier {
  /** As `verify`, telling each step. Claim values are in it, the token is not. */
  trace(token: Secret, context: VerifyContext, trace: Trace): Promise<Verdict>;
  /** By issuer URL. */
  statuses(): ReadonlyMap<string, KeySourceStatus>;
}

type SourcedIssuer = JwtIssuer & { readonly claimsSource: ClaimsSource };
type ReadPolicy = CompactPolicy & JsonPolicy;
type IssuerDoubt = Doubt & { readonly code: "ISSUER_UNREACHABLE" | "ISSUER_BUSY" };
type SignatureFault = JwtRefusal | IssuerDoubt;
type Checked = { readonly kind: "claims"; readonly claims: JsonObject } | SignatureFault;

/** What a token says of itself before anything is verified, as far as it was read. */
interface Sniffed {
  readonly iss: string | undefined;
  /** Present when they are what {@link readClaims} would read. */
  readonly claims: JsonObject | undefined;
}

// Tokens of one key have one header; those of somebody who makes them up go with the next.
const maxKeptHeaders = 64;
const maxKeptHeaderLength = 512;

const nothingSniffed: Sniffed = { iss: undefined, claims: undefined };

function textOrAbsent(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function readClaims(bytes: Uint8Array, policy: ReadPolicy): { readonly kind: "claims"; readonly claims: JsonObject } | JwtRefusal {
  const parsed = parseStrictJson(bytes, policy);
  if (parsed.kind === "refused") {
    const isMalformed = parsed.fault === "not-json" || parsed.fault === "not-an-object" || parsed.fault === "too-deep";
    return refuse(isMalformed ? "CLAIMS_MALFORMED" : "CLAIMS_AMBIGUOUS", `the claims are refused: ${parsed.fault}`);
  }
  return policy.isAmbiguityAllowed ? { kind: "claims", claims: parsed.value } : judgeNames(parsed.value);
}

function judgeNames(claims: JsonObject): { readonly kind: "claims"; readonly claims: JsonObject } | JwtRefusal {
  if (findOddCaseName(claims) === undefined) return { kind: "claims", claims };
  return refuse("CLAIMS_AMBIGUOUS", "a registered claim is written in odd case");
}

function refuseAnswer(why: string): JwtRefusal {
  return refuse("DISTRIBUTED_CLAIMS_REFUSED", `the answer with a distributed claim is refused: ${why}`);
}

function toVerdict(judged: JudgedClaims | Exclude<ClaimOutcome, { readonly kind: "claim" }>): Verdict {
  return judged.kind === "user" ? { kind: "verified", user: judged.user, expiresAt: judged.expiresAt } : judged;
}

function findSignatureFault(
  token: CompactToken,
  header: TokenHeader,
  found: FoundKeys,
  { keys }: JwtIssuer,
  { now }: VerifyContext,
): SignatureFault | undefined | Promise<SignatureFault | undefined> {
  if (found.kind === "unknown") return refuse("KEY_UNKNOWN", "the issuer publishes no key with the token's kid");
  if (found.kind === "unavailable") {
    const { message, retryAfterMs, isBusy } = found;
    return { kind: "uncertain", code: isBusy ? "ISSUER_BUSY" : "ISSUER_UNREACHABLE", message, retryAfterMs };
  }
  return isSignatureOfAny(token, header.algorithm, found.keys) ? undefined : tryNewerKeys(token, header, keys, now);
}

/** The issuer may have changed a key without changing its name. */
async function tryNewerKeys(token: CompactToken, header: TokenHeader, keys: KeySource, now: Date): Promise<SignatureFault | undefined> {
  if (await keys.refetch(now)) {
    const again = await keys.find(header.kid, now);
    if (again.kind === "keys" && isSignatureOfAny(token, header.algorithm, again.keys)) return undefined;
  }
  return refuse("SIGNATURE_INVALID", "no key of the issuer made the token's signature");
}

class IssuersVerifier implements JwtVerifier {
  readonly name = "jwt";
  readonly #issuers: ReadonlyMap<string, JwtIssuer>;
  readonly #algorithms: readonly SignatureAlgorithm[];
  readonly #policy: ReadPolicy;
  readonly #headers = new Map<string, TokenHeader>();
  #sniffed: { readonly token: string; readonly issuer: JwtIssuer; readonly claims: JsonObject | undefined } | undefined;

  constructor(issuers: readonly JwtIssuer[], options: JwtVerifierOptions) {
    this.#issuers = new Map(issuers.map((issuer) => [issuer.entry.authenticator.issuer.url, issuer]));
    this.#algorithms = options.algorithms ?? signatureAlgorithms;
    const isLoose = options.isInsecureParsingAllowed === true;
    this.#policy = { isAmbiguityAllowed: isLoose, isLooseEncodingAllowed: isLoose };
  }

  claims(token: string): boolean {
    const { iss, claims } = this.#sniff(token);
    const issuer = this.#findIssuer(iss);
    // Whoever asks this asks for the verdict next: the payload need not be read again.
    this.#sniffed = issuer === undefined ? undefined : { token, issuer, claims };
    return issuer !== undefined;
  }

  verify(token: Secret, context: VerifyContext): Verdict | Promise<Verdict> {
    return this.#verify(token.reveal(), context, undefined);
  }

  async trace(token: Secret, context: VerifyContext, trace: Trace): Promise<Verdict> {
    return await this.#verify(token.reveal(), context, trace);
  }

  #verify(text: string, context: VerifyContext, trace: OptionalTrace): Verdict | Promise<Verdict> {
    if (this.#sniffed?.token !== text) this.claims(text);
    const sniffed = this.#sniffed;
    this.#sniffed = undefined;
    if (sniffed === undefined) {
      trace?.({ step: "iss", outcome: "failed", detail: "no configured issuer has the token's iss" });
      return refuse("ISSUER_UNKNOWN", "no configured issuer has the token's iss");
    }
    const { issuer, claims } = sniffed;
    const judge = (checked: Checked): Verdict | Promise<Verdict> => this.#judge(checked, issuer, context, trace);
    const checked = this.#checkSignature(text, issuer, context, claims);
    return checked instanceof Promise ? checked.then(judge) : judge(checked);
  }

  #judge(checked: Checked, issuer: JwtIssuer, context: VerifyContext, trace: OptionalTrace): Verdict | Promise<Verdict> {
    if (checked.kind !== "claims") {
      trace?.({ step: "token", outcome: "failed", detail: checked.message });
      return checked;
    }
    trace?.({ step: "signature", outcome: "passed", detail: `made by a key of ${issuer.entry.authenticator.issuer.url}` });
    const { claims } = checked;
    const registered = this.#registeredOf(claims);
    const { claimsSource } = issuer;
    if (claimsSource !== undefined)
      return this.#judgeWithSource(claims, registered, { ...issuer, claimsSource }, context, trace).then(toVerdict);
    return toVerdict(judgeClaims(claims, issuer.entry, context.now, { trace, registered }));
  }

  statuses(): ReadonlyMap<string, KeySourceStatus> {
    return new Map(Array.from(this.#issuers, ([url, { keys }]) => [url, keys.status()]));
  }

  /** By the unverified `iss`, in which Google's form without a scheme stands for the one with it. */
  #findIssuer(iss: string | undefined): JwtIssuer | undefined {
    const url = iss === "accounts.google.com" ? "https://accounts.google.com" : iss;
    return url === undefined ? undefined : this.#issuers.get(url);
  }

  #sniff(token: string): Sniffed {
    if (token.trimStart().startsWith("{")) return nothingSniffed;
    const bytes = findPayloadBytes(token, this.#policy);
    if (bytes === undefined) return nothingSniffed;
    const isLoose = this.#policy.isAmbiguityAllowed;
    const strict = isLoose ? undefined : parseStrictJson(bytes, this.#policy);
    if (strict?.kind === "object") return { iss: textOrAbsent(strict.value["iss"]), claims: strict.value };
    // Ambiguity is told later, when the signature shows that the issuer itself is at fault.
    const parsed = parseStrictJson(bytes, { isAmbiguityAllowed: true });
    if (parsed.kind !== "object") return nothingSniffed;
    const { iss } = isLoose ? foldRegisteredNames(parsed.value) : parsed.value;
    return { iss: textOrAbsent(iss), claims: undefined };
  }

  /** `claims` are those of the token, when they were read before. */
  #checkSignature(text: string, issuer: JwtIssuer, context: VerifyContext, claims?: JsonObject): Checked | Promise<Checked> {
    const token = splitCompactToken(text, this.#policy);
    if (token === undefined) return refuse("TOKEN_MALFORMED", "the token is not three parts of base64url");
    const header = this.#judgeHeader(text, token.headerBytes);
    if (header.kind === "refused") return header;
    const read = (fault: SignatureFault | undefined): Checked =>
      fault ?? (claims === undefined ? readClaims(token.payloadBytes, this.#policy) : judgeNames(claims));
    const looked = issuer.keys.find(header.kid, context.now);
    const fault =
      looked instanceof Promise
        ? looked.then((found) => findSignatureFault(token, header, found, issuer, context))
        : findSignatureFault(token, header, looked, issuer, context);
    return fault instanceof Promise ? fault.then(read) : read(fault);
  }

  #judgeHeader(text: string, bytes: Uint8Array): TokenHeader | JwtRefusal {
    const part = text.slice(0, text.indexOf("."));
    const known = this.#headers.get(part);
    if (known !== undefined) return known;
    const header = judgeTokenHeader(bytes, this.#algorithms);
    if (header.kind === "refused" || part.length > maxKeptHeaderLength) return header;
    if (this.#headers.size >= maxKeptHeaders) this.#headers.clear();
    this.#headers.set(part, header);
    return header;
  }

  /** As {@link judgeClaims}, with groups fetched from where the token says that they lie. */
  async #judgeWithSource(
    claims: JsonObject,
    registeredMembers: JsonObject,
    issuer: SourcedIssuer,
    context: VerifyContext,
    trace: OptionalTrace,
  ): Promise<JudgedClaims | Exclude<ClaimOutcome, { readonly kind: "claim" }>> {
    const { entry, claimsSource } = issuer;
    const registered = judgeRegistered(registeredMembers, entry.authenticator.issuer, context.now, trace);
    if (registered.kind === "refused") return registered;
    const place = findDistributedGroups(claims, entry);
    if (place === undefined) return judgeMapped(claims, registered, entry, trace);
    const { claim } = entry.authenticator.claimMappings.groups;
    const judgeAnswer = async (answer: Secret): Promise<ClaimOutcome> => await this.#judgeAnswer(answer, claim, issuer, context);
    const fetched = place.kind === "refused" ? place : await claimsSource.resolve(place, context.now, judgeAnswer);
    if (fetched.kind !== "claim") {
      trace?.({ step: "_claim_names", outcome: "failed", detail: fetched.message });
      return fetched;
    }
    trace?.({ step: "_claim_names", outcome: "passed", detail: `${claim} = ${JSON.stringify(fetched.value)}` });
    const expirySeconds = Math.min(registered.expirySeconds, fetched.expirySeconds);
    return judgeMapped({ ...claims, [claim]: fetched.value }, { expirySeconds }, entry, trace);
  }

  /** The answer is a token itself: of the same issuer or one that is allowed, for the same audience, signed and of this time. */
  async #judgeAnswer(answer: Secret, claim: string, issuer: SourcedIssuer, context: VerifyContext): Promise<ClaimOutcome> {
    const { url, audiences } = issuer.entry.authenticator.issuer;
    const { iss } = this.#sniff(answer.reveal());
    if (iss === undefined) return refuseAnswer("it is no JWT");
    const keys = iss === url ? issuer.keys : issuer.claimsSource.keysOf(iss);
    if (keys === undefined) return refuseAnswer("its issuer is not one whose answers are taken");
    const checked = await this.#checkSignature(answer.reveal(), { entry: issuer.entry, keys }, context);
    if (checked.kind === "uncertain") return checked;
    if (checked.kind === "refused") return refuseAnswer(checked.message);
    const judged = judgeRegistered(this.#registeredOf(checked.claims), { url: iss, audiences }, context.now);
    if (judged.kind === "refused") return refuseAnswer(judged.message);
    const value = findClaim(checked.claims, claim);
    return value === undefined ? refuseAnswer(`it has no claim ${claim}`) : { kind: "claim", value, expirySeconds: judged.expirySeconds };
  }

  #registeredOf(claims: JsonObject): JsonObject {
    return this.#policy.isAmbiguityAllowed ? foldRegisteredNames(claims) : claims;
  }

  async close(): Promise<void> {
    for (const { keys, claimsSource } of this.#issuers.values()) {
      keys.close?.();
      claimsSource?.close();
    }
  }
}

/**
 * A verifier of the JWTs of a configuration's issuers, with the keys of each from where `createKeys` says, and distributed claims, where
 * they are wanted, from where `findClaimsSource` says.
 */
export function createJwtVerifier(
  compiled: CompiledConfiguration,
  createKeys: (entry: CompiledAuthenticator) => KeySource,
  options: JwtVerifierOptions = {},
  findClaimsSource: (entry: CompiledAuthenticator) => ClaimsSource | undefined = () => undefined,
): JwtVerifier {
  return new IssuersVerifier(
    compiled.authenticators.map((entry) => ({ entry, keys: createKeys(entry), claimsSource: findClaimsSource(entry) })),
    options,
  );
}
