import { deriveCacheKey, findSignInRecords, type OptionValues, type Provider, type SignInRecord } from "@kubepass/plugin-sdk";
import { formatPrintable, isCredentialError, type JsonObject } from "@kubepass/wire";
import type { Invocation } from "./command.ts";
import { parseStructured, type OptionValue } from "./options/option-value.ts";
import { type Asking, findProvider, type ProviderEntry } from "./registry.ts";

/** A sign-in on this machine, with the provider that made it, as far as its options are known. */
export interface SelectedSignIn {
  readonly record: SignInRecord;
  /** `undefined` when the record lacks the options that made it. */
  readonly provider: Provider | undefined;
}

/** What people call a sign-in. */
export function describeSignIn(record: SignInRecord): string {
  return formatPrintable(record.label ?? record.issuer ?? record.key.slice(0, 8), 120);
}

function readRecordedValues(entry: ProviderEntry, recorded: JsonObject): OptionValues {
  const members = entry.options.flatMap((spec): [string, OptionValue][] => {
    const value = recorded[spec.name];
    const outcome = value === undefined ? undefined : parseStructured(spec, value);
    return outcome === undefined || "problem" in outcome ? [] : [[spec.name, outcome.value]];
  });
  return Object.fromEntries(members);
}

function selectSecrets(entry: ProviderEntry, values: OptionValues): OptionValues {
  const members = entry.options.flatMap((spec): [string, OptionValue][] => {
    const value = values[spec.name];
    return spec.isSecret === true && value !== undefined ? [[spec.name, value]] : [];
  });
  return Object.fromEntries(members);
}

/**
 * The provider of a recorded sign-in. Its secrets are not recorded, so those given now are added: an issuer may want
 * them to end the session. Only options that leave the identity as it was are taken.
 */
async function findRecordedProvider(record: SignInRecord, invocation: Invocation, asking: Asking): Promise<Provider | undefined> {
  const entry = findProvider(record.provider);
  if (entry === undefined || record.options === undefined) return undefined;
  const recorded = readRecordedValues(entry, record.options);
  for (const values of [{ ...recorded, ...selectSecrets(entry, invocation.options.values) }, recorded]) {
    try {
      const provider = await entry.create(values, invocation.host, asking);
      if (deriveCacheKey(provider.name, provider.identity) === record.key) return provider;
    } catch (error) {
      if (!isCredentialError(error, "CONFIG_INVALID")) throw error;
    }
  }
  return undefined;
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Whether a sign-in agrees with every option that was typed. */
function agrees(record: SignInRecord, invocation: Invocation): boolean {
  const { provider, options, parsed } = invocation;
  const typed = provider.options.filter((spec) => spec.isSecret !== true && parsed.given.has(spec.name));
  if (typed.length === 0) return true;
  return record.provider === provider.name && typed.every((spec) => isSame(record.options?.[spec.name], options.values[spec.name]));
}

async function findExactKey(
  invocation: Invocation,
  asking: Asking,
): Promise<{ readonly key: string; readonly provider: Provider } | undefined> {
  try {
    const provider = await invocation.provider.create(invocation.options.values, invocation.host, asking);
    return { key: deriveCacheKey(provider.name, provider.identity), provider };
  } catch (error) {
    if (isCredentialError(error, "CONFIG_INVALID")) return undefined;
    throw error;
  }
}

/**
 * The sign-ins that the options mean: the one of exactly this identity, else all whose recorded options agree with what
 * was typed; all of them when nothing was. No keyring; offline, an identity that only the network tells is found by what was typed.
 */
export async function selectSignIns(invocation: Invocation, asking: Asking): Promise<readonly SelectedSignIn[]> {
  const records = findSignInRecords(invocation.host);
  const exact = await findExactKey(invocation, asking);
  const same = records.find((record) => record.key === exact?.key);
  if (same !== undefined) return [{ record: same, provider: exact?.provider }];
  const agreeing = records.filter((record) => agrees(record, invocation));
  return await Promise.all(agreeing.map(async (record) => ({ record, provider: await findRecordedProvider(record, invocation, asking) })));
}

/** Every sign-in of this machine and user. */
export async function listSignIns(invocation: Invocation): Promise<readonly SelectedSignIn[]> {
  const records = findSignInRecords(invocation.host);
  return await Promise.all(records.map(async (record) => ({ record, provider: await findRecordedProvider(record, invocation, {}) })));
}
