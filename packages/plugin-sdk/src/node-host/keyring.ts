import { CredentialError, formatPrintable } from "@kubepass/wire";
import type { Keyring } from "../host.ts";

const answerTimeoutMs = 15_000;

type Entry = InstanceType<(typeof import("@napi-rs/keyring"))["AsyncEntry"]>;

function unavailable(what: string, cause: unknown): CredentialError {
  return new CredentialError("KEYRING_UNAVAILABLE", `the keyring ${what}`, {
    cause,
    hint: "unlock the keyring, or keep sessions in a private file: --session-store file",
  });
}

async function withinTime<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  // An unlock prompt that nobody sees would otherwise hold the process for ever.
  const signal = AbortSignal.timeout(answerTimeoutMs);
  const silence = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(unavailable(`did not answer within ${answerTimeoutMs / 1000} s`, signal.reason)), {
      once: true,
    });
  });
  try {
    return await Promise.race([ask(signal), silence]);
  } catch (error) {
    if (error instanceof CredentialError) throw error;
    throw unavailable(`cannot be used: ${formatPrintable(error instanceof Error ? error.message : String(error))}`, error);
  }
}

/**
 * The system's secret store: Keychain, Credential Manager, or Secret Service over D-Bus. The kernel's keyutils are not
 * used: they forget at the next start. The native module is loaded at first use.
 */
export function createKeyring(service: string): Keyring {
  const open = async (account: string): Promise<Entry> => {
    const { AsyncEntry } = await import("@napi-rs/keyring");
    return new AsyncEntry(service, account, { linux: { store: "secret-service" } });
  };
  return {
    async read(account) {
      return await withinTime(async (signal) => (await (await open(account)).getPassword(signal)) ?? undefined);
    },
    async write(account, secret) {
      await withinTime(async (signal) => await (await open(account)).setPassword(secret, signal));
    },
    async remove(account) {
      await withinTime(async (signal) => await (await open(account)).deletePassword(signal));
    },
  };
}
