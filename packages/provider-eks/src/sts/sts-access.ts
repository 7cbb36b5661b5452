import type { Fetch } from "@kubepass/network";
import type { SignInContext } from "@kubepass/plugin-sdk";
import type { AwsCredentials } from "../credentials.ts";
import type { EksSetting } from "../eks-options.ts";
import type { MfaProof, RoleRequest } from "./assume-role.ts";
import type { StsConnection } from "./sts-client.ts";

/** What STS can be asked. The network is loaded with the first question: a token from keys alone needs none. */
export interface StsAccess {
  /** Throws `ISSUER_REFUSED`, `CLOCK_SKEWED`, `RESPONSE_INVALID`, `FILE_UNREADABLE` and what the network throws, as all of these. */
  assumeRole(role: RoleRequest, credentials: AwsCredentials): Promise<AwsCredentials>;
  assumeRoleWithWebIdentity(role: RoleRequest & { readonly token: string }): Promise<AwsCredentials>;
  getSessionToken(
    request: { readonly mfa: MfaProof; readonly durationSeconds: number | undefined },
    credentials: AwsCredentials,
  ): Promise<AwsCredentials>;
  findSessionName(credentials: AwsCredentials): Promise<string | undefined>;
  /** The way to AWS's other services. */
  getFetch(): Promise<Fetch>;
}

/** STS as these settings reach it. */
export function createStsAccess(setting: EksSetting, { host, signal }: SignInContext): StsAccess {
  let connecting: Promise<StsConnection> | undefined;
  const connect = async (): Promise<StsConnection> => {
    connecting ??= import("./connect-sts.ts").then(({ connectSts }) => connectSts(setting, host));
    return await connecting;
  };
  return {
    async assumeRole(role, credentials) {
      const { assumeRole } = await import("./assume-role.ts");
      return await assumeRole(await connect(), role, credentials, signal);
    },
    async assumeRoleWithWebIdentity(role) {
      const { assumeRoleWithWebIdentity } = await import("./assume-role.ts");
      return await assumeRoleWithWebIdentity(await connect(), role, signal);
    },
    async getSessionToken(request, credentials) {
      const { getSessionToken } = await import("./assume-role.ts");
      return await getSessionToken(await connect(), request, credentials, signal);
    },
    async findSessionName(credentials) {
      const { findSessionName } = await import("./assume-role.ts");
      return await findSessionName(await connect(), credentials, signal);
    },
    getFetch: async () => (await connect()).fetch,
  };
}
