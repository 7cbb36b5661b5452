import type { Fetch } from "@kubepass/network";
import type { SignInContext } from "@kubepass/plugin-sdk";
import type { AwsCredentials } from "../credentials.ts";
import type { EksSetting } from "../eks-options.ts";
import type { MfaProof, RoleRequest } from "./assume-role.ts";

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
  const load = async () => {
    const [{ connectSts }, questions] = await Promise.all([import("./connect-sts.ts"), import("./assume-role.ts")]);
    return { connection: connectSts(setting, host), ...questions };
  };
  let loading: ReturnType<typeof load> | undefined;
  const get = async (): ReturnType<typeof load> => await (loading ??= load());
  return {
    async assumeRole(role, credentials) {
      const { connection, assumeRole } = await get();
      return await assumeRole(connection, role, credentials, signal);
    },
    async assumeRoleWithWebIdentity(role) {
      const { connection, assumeRoleWithWebIdentity } = await get();
      return await assumeRoleWithWebIdentity(connection, role, signal);
    },
    async getSessionToken(request, credentials) {
      const { connection, getSessionToken } = await get();
      return await getSessionToken(connection, request, credentials, signal);
    },
    async findSessionName(credentials) {
      const { connection, findSessionName } = await get();
      return await findSessionName(connection, credentials, signal);
    },
    getFetch: async () => (await get()).connection.fetch,
  };
}
