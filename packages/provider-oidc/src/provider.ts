import type { Provider } from "@kubepass/plugin-sdk";
import { formatIdentity, formatLabel } from "./identity.ts";
import type { Grant, OidcOptions } from "./oidc-options.ts";
import type { OidcSource } from "./oidc-source.ts";

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
 * needed, so that a cached credential costs neither.
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
