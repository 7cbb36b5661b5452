import { eksTokenPrefix, findStsEndpoint, Secret, type StsVariant } from "@kubepass/wire";
import { presignEksToken } from "@kubepass/wire/signing";
import type { CallerIdentity } from "../caller-identity.ts";
import { supposeIdentity } from "../caller-identity.ts";

/** What may differ from an ordinary token of a test. */
export interface TokenSettings {
  readonly region?: string;
  readonly variant?: StsVariant;
  readonly clusterId?: string;
  readonly accessKeyId?: string;
  readonly sessionToken?: string;
  readonly signedAt?: Date;
}

/** The instant at which tests happen. */
export const testNow = new Date("2030-01-01T00:00:00Z");

/** A well-formed token. */
export function createToken(settings: TokenSettings = {}): string {
  const { region = "us-west-2", variant = "regional", sessionToken } = settings;
  const endpoint = findStsEndpoint(region, variant);
  if (endpoint === undefined) throw new Error(`no such endpoint: ${region} ${variant}`);
  return presignEksToken({
    endpoint,
    clusterId: settings.clusterId ?? "test-cluster",
    accessKeyId: settings.accessKeyId ?? "ASIAEXAMPLE",
    secretAccessKey: new Secret("not a secret"),
    sessionToken: sessionToken === undefined ? undefined : new Secret(sessionToken),
    signedAt: settings.signedAt ?? testNow,
  }).reveal();
}

/** The URL in a token, changed by hand and put back. */
export function rewriteToken(token: string, rewrite: (url: string) => string): string {
  const url = Buffer.from(token.slice(eksTokenPrefix.length), "base64url").toString("latin1");
  return eksTokenPrefix + Buffer.from(rewrite(url), "latin1").toString("base64url");
}

/** An identity by its ARN; a defect of the test when it is none. */
export function identityOf(arn: string, rest: Partial<CallerIdentity> = {}): CallerIdentity {
  const identity = supposeIdentity(arn, "AROAEXAMPLE");
  if (identity === undefined) throw new Error(`${arn} names nobody`);
  return { ...identity, accessKeyId: "ASIAEXAMPLE", ...rest };
}
