import { CredentialError, formatCanonicalJson } from "@kubepass/wire";
import { editKubeconfigFile } from "../edit/edit-kubeconfig.ts";
import { withKubeconfigLock } from "../edit/lock-file.ts";
import type { ClientHost } from "../client-host.ts";
import type { ResolvedConfig } from "../resolved-config.ts";
import { decodeText } from "../decode-text.ts";
import { parseKubeconfig } from "../parse-kubeconfig.ts";
import { findFile } from "../read-file.ts";
import type { AuthProviderStore, AuthProviderValues } from "./oidc-auth-provider.ts";

// The issuer has a time-out of its own; a lock of this age has been left behind.
const staleMs = 120_000;

function revealAll(values: AuthProviderValues | undefined): string {
  return formatCanonicalJson(Object.fromEntries([...(values ?? [])].map(([key, value]) => [key, value.reveal()])));
}

function findStored(path: string, user: string): AuthProviderValues | undefined {
  const bytes = findFile(path);
  return bytes === undefined ? undefined : parseKubeconfig(decodeText(bytes)).users.get(user)?.authProvider?.config;
}

function createLossError(why: string): CredentialError {
  return new CredentialError("KUBECONFIG_UNWRITABLE", `the new tokens of the auth-provider have no place: ${why}`);
}

/** Replaces what was stored; throws where something else stands there by now, such as a new sign-in. */
async function write(
  { path, user }: { readonly path: string; readonly user: string },
  stored: AuthProviderValues,
  values: AuthProviderValues,
  signal: AbortSignal,
): Promise<void> {
  await editKubeconfigFile(
    path,
    (document, before) => {
      if (revealAll(before.users.get(user)?.authProvider?.config) !== revealAll(stored))
        throw createLossError("the user entry has been changed meanwhile");
      for (const key of ["id-token", "refresh-token"]) {
        const value = values.get(key);
        if (value !== undefined) document.setText("users", user, ["auth-provider", "config", key], value.reveal());
      }
    },
    { signal },
  );
}

/**
 * Keeps an auth-provider's tokens in the user entry they came from, so that a refresh token that is used up is not used again. One
 * process at a time refreshes (`<kubeconfig>.auth-provider.lock`); kubectl's own lock is held for the writing alone.
 * `undefined` when the user entry comes from no file.
 */
export function createKubeconfigStore(config: ResolvedConfig, host: ClientHost): AuthProviderStore | undefined {
  const path = config.origins.user;
  const { name } = config.user;
  if (path === undefined) return undefined;
  return {
    async update(work, signal) {
      const refresh = async (): Promise<void> => {
        const stored = findStored(path, name);
        const values = await work(stored);
        if (stored === undefined || values === undefined || revealAll(values) === revealAll(stored)) return;
        try {
          await write({ path, user: name }, stored, values, signal);
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          host.log.warn("the kubeconfig cannot be written: the new tokens are lost when this program ends", { path, reason });
        }
      };
      await withKubeconfigLock(`${path}.auth-provider`, refresh, { timeoutMs: staleMs, staleMs, signal });
    },
  };
}
