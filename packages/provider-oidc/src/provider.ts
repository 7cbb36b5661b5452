import type { Host, OptionValues, Provider } from "@kubepass/plugin-sdk";
import { formatIdentity, formatLabel } from "./identity.ts";
import type { Grant, OidcOptions } from "./oidc-options.ts";
import type { OidcSource } from "./oidc-source.ts";
import { parseOidcOptions } from "./options.ts";

/** True when nobody but a person can bring a credential by these options. */
function needsPerson(grant: Grant): boolean {
  switch (grant.type) {
    case "auto":
    case "authorization-code":
    case "device-code":
      return true;
    case "password":
      return grant.password === undefined;
    case "client-credentials":
    case "token-exchange":
    case "jwt-bearer":
      return false;
  }
}

/**
 * The provider for an OpenID Connect issuer. Cheap to make: all that speaks to the network is loaded when it is first
 * needed, so that a cached credential costs neither. Where a grant makes the credential from a token in a file or of a
 * command, use {@link loadOidcProvider}, which notices another token.
 */
export function createOidcProvider(options: OidcOptions): Provider {
  let loading: Promise<OidcSource> | undefined;
  const load = (): Promise<OidcSource> => {
    loading ??= import("./oidc-source.ts").then(({ createOidcSource }) => createOidcSource(options));
    return loading;
  };
  return {
    name: "oidc",
    identity: formatIdentity(options),
    label: formatLabel(options),
    needsPerson: needsPerson(options.grant),
    signIn: async (context) => await (await load()).signIn(context),
    refresh: async (session, context) => await (await load()).refresh(session, context),
    signOut: async (stored, context) => await (await load()).signOut(stored, context),
  };
}

/** Whether the credential is made from a token that lies in a file or that a command prints. */
function isMadeFromToken({ type }: Grant): boolean {
  return type === "token-exchange" || type === "jwt-bearer";
}

/**
 * The provider for options as they were given. Where a grant makes the credential from a token, that token is part of what
 * the credential is made from: its file is read here, once, and a credential made from another text is not served.
 * Throws one `CONFIG_INVALID` that names every problem.
 */
export async function loadOidcProvider(values: OptionValues, host: Pick<Host, "directories" | "environment">): Promise<Provider> {
  const options = parseOidcOptions(values);
  // Loaded only here: a person's sign-in needs no file.
  if (!isMadeFromToken(options.grant)) return createOidcProvider(options);
  const { locateGrant, readGrant } = await import("./grant-sources.ts");
  const located = { ...options, grant: locateGrant(options.grant, host) };
  const { grant, fingerprint } = readGrant(located.grant, host);
  const source = createOidcProvider({ ...located, grant });
  return {
    ...createOidcProvider(located),
    sourceFingerprint: fingerprint,
    // No session comes of it: it would go on speaking for whom the former token named, and the token can be read again.
    signIn: async (context) => ({ ...(await source.signIn(context)), session: undefined }),
    refresh: async () => await Promise.resolve({ kind: "refused", reason: "the token that the session came from is read again" }),
  };
}
