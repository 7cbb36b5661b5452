import type { Host, OptionValues, Provider } from "@kubepass/plugin-sdk";
import type { EksSetting } from "./eks-options.ts";
import { describeCredentialSource, formatIdentity, formatLabel } from "./identity.ts";
import { isComputed } from "./is-computed.ts";
import { parseEksOptions } from "./options.ts";
import { type Asking, resolveSetting } from "./setting.ts";

/** The provider for what was decided. Cheap to make: signing and the network are loaded when they are first needed. */
export function createEksProvider(setting: EksSetting): Provider {
  return {
    name: "eks",
    identity: formatIdentity(setting),
    sourceFingerprint: setting.fingerprint,
    isComputed: isComputed(setting),
    label: formatLabel(setting),
    async signIn(context) {
      const { signInWithAws } = await import("./eks-source.ts");
      return await signInWithAws(setting, context);
    },
    async refresh(session, context) {
      const { refreshFromSession } = await import("./eks-source.ts");
      return refreshFromSession(setting, session, context.host.clock.now());
    },
    async signOut(stored) {
      const validUntil = stored.credential?.expiresAt;
      const reason = "AWS offers no way to end it";
      const token = stored.credential === undefined ? [] : [{ what: "token", outcome: "still-valid", validUntil, reason } as const];
      const { session } = stored;
      const kept =
        session === undefined
          ? []
          : [{ what: "temporary AWS credentials", outcome: "still-valid", validUntil: session.expiresAt, reason } as const];
      return await Promise.resolve([...token, ...kept]);
    },
  };
}

/**
 * The provider for options as they were given, with what the environment and AWS's files add.
 * Throws one `CONFIG_INVALID` that names every problem (offline also that only the machine knows its region), and `FILE_UNREADABLE`.
 */
export async function loadEksProvider(
  values: OptionValues,
  host: Pick<Host, "clock" | "directories" | "environment" | "log" | "signal">,
  asking: Asking = {},
): Promise<Provider> {
  const setting = await resolveSetting(parseEksOptions(values), host, asking);
  const { source, sourceReason, endpoint } = setting;
  host.log.info("chose the AWS credentials", { from: describeCredentialSource(source), reason: sourceReason });
  host.log.debug("chose the host of STS", { host: endpoint.host, region: endpoint.region, partition: endpoint.partition });
  return createEksProvider(setting);
}
