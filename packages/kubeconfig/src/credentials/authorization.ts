import { type Credential, Secret } from "@kubepass/wire";
import type { ClientHost } from "../client-host.ts";
import type { ExecPlugin } from "../exec/exec-plugin.ts";
import type { AuthProviderConfig } from "../kubeconfig.ts";
import type { ResolvedExec } from "../resolved-config.ts";
import { refuseAuthProvider } from "./auth-providers.ts";
import type { OidcAuthProvider } from "./oidc-auth-provider.ts";
import type { AuthorizationKind } from "./select-credentials.ts";
import { TokenFile } from "./token-file.ts";

/** The `Authorization` of one request, and whom to tell that the server did not take it. */
export interface Authorization {
  /** The value of the header; absent when a certificate alone, or nothing, says who is asking. */
  readonly value: Secret | undefined;
  /** Called on a 401. True when another try may go better. Never throws. */
  refused(signal?: AbortSignal): Promise<boolean>;
}

/** Gives the authorization of each request. */
export interface Authorizer {
  /** Throws what the source throws; the signal's reason when it aborts. */
  get(signal?: AbortSignal): Promise<Authorization>;
}

const keepRefusal = async (): Promise<boolean> => false;
const none: Authorization = { value: undefined, refused: keepRefusal };

function bearer(token: Secret): Secret {
  return new Secret(`Bearer ${token.reveal()}`);
}

function authorizeFixed(value: Secret): Authorizer {
  const authorization: Authorization = { value, refused: keepRefusal };
  return { get: async () => authorization };
}

function authorizeByPlugin(plugin: ExecPlugin, host: ClientHost): Authorizer {
  const refused = async (credential: Credential, signal: AbortSignal | undefined): Promise<boolean> => {
    try {
      return (await plugin.replace(credential, signal)) !== credential;
    } catch (error) {
      // As in client-go: the caller gets the 401, and the next request runs the plugin again.
      host.log.warn(`the credential was refused and could not be replaced: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  };
  return {
    async get(signal) {
      const credential = await plugin.get(signal);
      const value = credential.token === undefined ? undefined : bearer(credential.token);
      return { value, refused: async (inner) => await refused(credential, inner) };
    },
  };
}

/** Opens what is more than a text; each throws what its kind throws. */
export interface AuthorizerSources {
  plugin(exec: ResolvedExec): ExecPlugin;
  oidc(provider: AuthProviderConfig): OidcAuthProvider;
}

/** The authorizer of a selected credential. Throws `AUTH_PROVIDER_UNSUPPORTED`, `CONFIG_INVALID`, `FILE_UNREADABLE`. */
export function createAuthorizer(kind: AuthorizationKind, sources: AuthorizerSources, host: ClientHost): Authorizer {
  switch (kind.kind) {
    case "none":
      return { get: async () => none };
    case "token":
      return authorizeFixed(bearer(kind.token));
    case "token-file": {
      const file = new TokenFile(kind.file, kind.token, host);
      return { get: async () => ({ value: bearer(await file.get()), refused: keepRefusal }) };
    }
    case "basic":
      return authorizeFixed(new Secret(`Basic ${Buffer.from(`${kind.username}:${kind.password?.reveal() ?? ""}`).toString("base64")}`));
    case "exec":
      return authorizeByPlugin(sources.plugin(kind.exec), host);
    case "auth-provider": {
      if (kind.provider.name !== "oidc") throw refuseAuthProvider(kind.provider.name);
      const oidc = sources.oidc(kind.provider);
      return { get: async (signal) => ({ value: bearer(await oidc.get(signal)), refused: keepRefusal }) };
    }
  }
}
