import {
  type CompiledConfiguration,
  createFixedKeySource,
  createIssuerKeySource,
  createJwtVerifier,
  explainClaims,
  explainToken,
  type Explanation,
  parseVerificationKeys,
  type UserInfo,
} from "@kubepass/authenticator";
import { CredentialError, formatPrintable, isJsonObject, type JsonObject, Secret } from "@kubepass/wire";
import { algorithmsOf, type AuthnSource, loadAuthnSource, refuseSource, validateAuthnSource } from "../authn-source.ts";
import type { Invocation } from "../command.ts";
import { formatDocument } from "../format-document.ts";
import { findGivenText } from "../given-text.ts";
import { readTextFile } from "../read-text-file.ts";
import { parseSettings } from "../settings.ts";

const marks = { passed: "ok   ", failed: "FAIL ", skipped: "-    " } as const;

function getConfiguration(source: AuthnSource): CompiledConfiguration {
  const result = validateAuthnSource(source);
  if (result.kind === "valid") return result.compiled;
  throw refuseSource(source, result.problems);
}

function getClaims(path: string): JsonObject {
  const text = readTextFile(path, "the claims file");
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // The reason would quote the file.
  }
  throw new CredentialError("FILE_UNREADABLE", `the claims file ${path} is not a JSON object`, {
    hint: 'give an object such as {"sub":"jane","groups":["dev"]}',
  });
}

function getKeys(path: string): NonNullable<ReturnType<typeof parseVerificationKeys>> {
  const keys = parseVerificationKeys(readTextFile(path, "the key file"));
  if (keys !== undefined) return keys;
  throw new CredentialError("FILE_UNREADABLE", `the key file ${path} is not a JWK Set`, { hint: "save what the issuer's jwks_uri gives" });
}

async function explainTokenFile(path: string, source: AuthnSource, invocation: Invocation): Promise<Explanation> {
  const { host } = invocation;
  const keysFile = findGivenText(invocation, "keys");
  const keys = keysFile === undefined ? undefined : getKeys(keysFile);
  const verifier = createJwtVerifier(
    getConfiguration(source),
    ({ authenticator }) => (keys === undefined ? createIssuerKeySource(authenticator.issuer, host) : createFixedKeySource(keys)),
    { algorithms: algorithmsOf(source) },
  );
  const token = new Secret(readTextFile(path, "the token file").trim());
  return await explainToken(verifier, token, host.clock.now(), host.signal);
}

async function explain(invocation: Invocation): Promise<Explanation> {
  const source = loadAuthnSource(findGivenText(invocation, "config"), invocation);
  const [tokenFile, claimsFile] = [findGivenText(invocation, "token-file"), findGivenText(invocation, "claims")];
  if (claimsFile !== undefined && tokenFile === undefined)
    return explainClaims(getConfiguration(source), getClaims(claimsFile), invocation.host.clock.now());
  if (tokenFile !== undefined && claimsFile === undefined) return await explainTokenFile(tokenFile, source, invocation);
  throw new CredentialError("USAGE_INVALID", "authn explain takes one of --token-file and --claims");
}

function formatUser(user: UserInfo): readonly string[] {
  const extra = Object.entries(user.extra).map(
    ([key, values]) => `  extra     ${formatPrintable(key)} = ${formatPrintable(values.join(", "))}`,
  );
  return [
    `  username  ${formatPrintable(user.username)}`,
    ...(user.uid === "" ? [] : [`  uid       ${formatPrintable(user.uid)}`]),
    ...user.groups.map((group) => `  group     ${formatPrintable(group)}`),
    ...extra,
  ];
}

function formatExplanation({ steps, outcome, code, message, user }: Explanation): string {
  const lines = steps.map(({ step, outcome: mark, detail }) => `${marks[mark]} ${formatPrintable(step, 120)}: ${formatPrintable(detail)}`);
  const verdict = outcome === "verified" ? "verified" : `${outcome} (${code}): ${formatPrintable(message ?? "")}`;
  return `${[...lines, verdict, ...(user === undefined ? [] : formatUser(user))].join("\n")}\n`;
}

function toDocument({ steps, outcome, code, message, user }: Explanation): JsonObject {
  return {
    apiVersion: "kubepass.dev/v1",
    kind: "AuthenticationExplanation",
    outcome,
    code,
    message,
    user: user === undefined ? undefined : { username: user.username, uid: user.uid, groups: user.groups, extra: { ...user.extra } },
    steps: steps.map(({ step, outcome: mark, detail }) => ({ step, outcome: mark, detail })),
  };
}

const exitCodes = { verified: 0, refused: 6, uncertain: 5 } as const;

/** `kubepass authn explain`: how a configuration comes to its verdict. 0 verified, 6 refused, 5 when an issuer cannot be reached. */
export async function authnExplain(invocation: Invocation): Promise<number> {
  const arn = findGivenText(invocation, "arn");
  if (arn !== undefined) return await (await import("./authn-explain-arn.ts")).authnExplainArn(arn, invocation);
  const explanation = await explain(invocation);
  const { output } = parseSettings(invocation.options);
  invocation.stdout.write(output === "text" ? formatExplanation(explanation) : await formatDocument(toDocument(explanation), output));
  return exitCodes[explanation.outcome];
}
