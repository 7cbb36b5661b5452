import type { Host, SignInContext } from "@kubepass/plugin-sdk";
import { CredentialError } from "@kubepass/wire";
import { acquireBaseCredentials } from "./base-credentials.ts";
import type { AwsCredentials } from "./credentials.ts";
import { createMfaAsker } from "./mfa.ts";
import { parseEksOptions } from "./options.ts";
import { resolveSetting } from "./setting.ts";
import { createStsAccess } from "./sts/sts-access.ts";

// Got anew this long before they end.
const marginMs = 300_000;

/** Nobody sits in front of a server. */
function createContext(host: Host): SignInContext {
  return {
    host,
    cluster: undefined,
    signal: host.signal,
    canAskPerson: false,
    announceEnd: () => {},
    keepSession: async () => {},
    requestPerson: async () => {
      throw new CredentialError("LOGIN_REQUIRED", "the AWS credentials need a person, and this is a server", {
        hint: "give the server keys, a web identity or the machine's role",
      });
    },
  };
}

/**
 * The credentials of a server itself, from the same sources as those of `get-token eks`, kept until shortly before they end.
 * Throws `SOURCE_FAILED`, `CONFIG_INVALID`, `LOGIN_REQUIRED`, and what STS and the network throw.
 */
export function createServerCredentials(host: Host): () => Promise<AwsCredentials> {
  let kept: AwsCredentials | undefined;
  return async () => {
    if (kept?.expiresAt !== undefined && kept.expiresAt.getTime() - marginMs > host.clock.now().getTime()) return kept;
    // The cluster's name goes into no call here.
    const setting = await resolveSetting(parseEksOptions({ "cluster-name": "server" }), host);
    const context = createContext(host);
    kept = await acquireBaseCredentials({ setting, sts: createStsAccess(setting, context), context, mfa: createMfaAsker(context) });
    return kept;
  };
}
