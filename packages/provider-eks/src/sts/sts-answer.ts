import { CredentialError, formatPrintable, Secret } from "@kubepass/wire";
import type { AwsCredentials } from "../credentials.ts";

/** One answer of STS, as it came. */
export interface StsAnswer {
  readonly status: number;
  readonly text: string;
  /** Of the `Date` header; `undefined` when there is none. */
  readonly serverTime: Date | undefined;
}

/** What was asked, for messages: such as `AssumeRole of arn:aws:iam::123456789012:role/admin`. */
export interface StsQuestion {
  readonly what: string;
  readonly host: string;
  readonly now: Date;
}

// STS takes requests that are signed up to five minutes off.
const maxSkewMs = 5 * 60_000;

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/g, (whole, hex, decimal, name) => {
    if (typeof name === "string") return entities[name] ?? whole;
    const code = typeof hex === "string" ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** The text of an element that stands once; `undefined` otherwise. */
export function findXmlText(xml: string, name: string): string | undefined {
  const found = [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))];
  const [only] = found;
  return found.length === 1 && only?.[1] !== undefined ? decodeEntities(only[1].trim()) : undefined;
}

/** How far this machine's clock is off by STS's, in words; `undefined` when it is close enough. */
export function describeSkew(serverTime: Date | undefined, now: Date): string | undefined {
  const skewMs = serverTime === undefined ? 0 : now.getTime() - serverTime.getTime();
  if (Number.isNaN(skewMs) || Math.abs(skewMs) < maxSkewMs) return undefined;
  return `${Math.round(Math.abs(skewMs) / 60_000)} minutes ${skewMs > 0 ? "ahead of" : "behind"} that of STS`;
}

const hints: Readonly<Record<string, string>> = {
  AccessDenied: "the role's trust policy must allow these credentials; check external-id, mfa-serial and session-name too",
  ExpiredToken: "the temporary credentials have ended: get new ones",
  ExpiredTokenException: "the web identity token has ended: have a new one written",
  InvalidIdentityToken: "the role's trust policy must name the issuer and audience of the token",
  IDPCommunicationError: "AWS cannot reach the issuer of the token; try again",
  InvalidClientTokenId: "the access key does not exist, is inactive, or lacks its session token",
  SignatureDoesNotMatch: "the secret access key does not belong to the access key id",
  RegionDisabledException: "STS is turned off in this region for the account: choose another with region or sts-endpoint",
  ValidationError: "check role-arn, session-name and role-duration",
};

const throttled = new Set(["Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"]);

/** True when the same request may succeed a moment later. */
export function isTransient(answer: StsAnswer): boolean {
  return answer.status >= 500 || answer.status === 429 || throttled.has(findXmlText(answer.text, "Code") ?? "");
}

function refuse(answer: StsAnswer, question: StsQuestion): CredentialError {
  const code = formatPrintable(findXmlText(answer.text, "Code") ?? `HTTP ${answer.status}`, 80);
  const message = formatPrintable(findXmlText(answer.text, "Message") ?? "no reason given", 300);
  const skew = describeSkew(answer.serverTime, question.now);
  if (isTransient(answer)) {
    return new CredentialError("ISSUER_UNREACHABLE", `${question.host} cannot answer ${question.what} now: ${code}`, {
      retryable: true,
      hint: "try again in a moment",
    });
  }
  if (skew !== undefined) {
    return new CredentialError("CLOCK_SKEWED", `${question.host} refused ${question.what}, and this machine's clock is ${skew}`, {
      hint: "set the clock: AWS takes nothing that is signed more than five minutes off",
    });
  }
  return new CredentialError("ISSUER_REFUSED", `${question.host} refused ${question.what}: ${code}: ${message}`, {
    issuerError: code,
    hint: hints[code],
  });
}

function invalid(question: StsQuestion, what: string): CredentialError {
  return new CredentialError("RESPONSE_INVALID", `${question.host} answered ${question.what} with ${what}`, {
    hint: "if sts-endpoint-url or a proxy is set, check that STS is behind it",
  });
}

/**
 * Throws for anything but success: `ISSUER_UNREACHABLE` when STS is overloaded or broken, `CLOCK_SKEWED` when it refuses and
 * this machine's clock is off, else `ISSUER_REFUSED`. Pure.
 */
function judgeAnswer(answer: StsAnswer, question: StsQuestion): void {
  if (answer.status !== 200) throw refuse(answer, question);
}

/** The credentials in a successful answer. Throws `RESPONSE_INVALID` and for a refusal what it says. Pure. */
export function parseCredentials(answer: StsAnswer, question: StsQuestion): AwsCredentials {
  judgeAnswer(answer, question);
  const get = (name: string, pattern: RegExp): string => {
    const text = findXmlText(answer.text, name);
    if (text === undefined || !pattern.test(text)) throw invalid(question, `no usable ${name}`);
    return text;
  };
  const expiresAt = new Date(get("Expiration", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/));
  if (Number.isNaN(expiresAt.getTime())) throw invalid(question, "no usable Expiration");
  return {
    accessKeyId: get("AccessKeyId", /^\w{1,128}$/),
    secretAccessKey: new Secret(get("SecretAccessKey", /^[\x21-\x7e]{1,256}$/)),
    sessionToken: new Secret(get("SessionToken", /^[\x21-\x7e]{1,8192}$/)),
    expiresAt,
  };
}

/** The session name of the caller, which a federated or plain user has not. Throws `RESPONSE_INVALID` and for a refusal what it says. Pure. */
export function parseCallerSessionName(answer: StsAnswer, question: StsQuestion): string | undefined {
  judgeAnswer(answer, question);
  const userId = findXmlText(answer.text, "UserId");
  if (userId === undefined) throw invalid(question, "no usable UserId");
  const parts = userId.split(":");
  return parts.length === 2 ? parts[1] : undefined;
}
