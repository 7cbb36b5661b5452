import { isDeepStrictEqual } from "node:util";
import { editKubeconfigFile, type KubeconfigChange } from "@kubepass/kubeconfig";
import { CredentialError, isCredentialError, type Secret } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { isOwnOn, nameBackup } from "../kubeconfig-sources.ts";
import { type Converted, refuseConversion } from "./conversion.ts";
import { findClientSecret, keepClientSecret } from "./keep-client-secret.ts";
import type { PlannedUser } from "./plan-conversions.ts";

/** What became of one kubeconfig file. */
export interface EditedFile {
  readonly path: string;
  readonly users: readonly string[];
  readonly backup?: string | undefined;
  /** Why it is as it was. */
  readonly failure?: CredentialError | undefined;
}

/** A user that is converted, as far as its file can be written. */
export interface ConvertedUser extends PlannedUser {
  readonly conversion: Converted;
}

/** Narrows a plan to what is to be written. */
export function isConverted(planned: PlannedUser): planned is ConvertedUser {
  return planned.conversion.kind === "converted";
}

/** Plans in which no user's client secret would be written over another's; the first of a file counts. */
export function separateSecrets(planned: readonly PlannedUser[], path: string | undefined): readonly PlannedUser[] {
  let kept: Secret | undefined = path === undefined ? undefined : findClientSecret(path);
  return planned.map((each) => {
    const secret = isConverted(each) ? each.conversion.secret : undefined;
    if (secret === undefined || path === undefined) return each;
    kept ??= secret;
    if (kept.reveal() === secret.reveal()) return each;
    const hint = "convert this user alone, with a file of its own: --user and --client-secret-file";
    return { ...each, conversion: refuseConversion(each.conversion.from, `${path} holds another client secret`, hint) };
  });
}

function refuseChanged(name: string): CredentialError {
  return new CredentialError("KUBECONFIG_UNUSABLE", `the user ${JSON.stringify(name)} was changed meanwhile`, {
    hint: "run the command again",
    retryable: true,
  });
}

function toChange(users: readonly ConvertedUser[]): KubeconfigChange {
  return (document, before) => {
    // The last first: what an alias stands for comes before it, and is free once the alias is written out.
    for (const { name, conversion, decide } of users.toReversed()) {
      const user = before.users.get(name);
      const now = user === undefined ? undefined : decide(user);
      if (now?.kind !== "converted" || !isDeepStrictEqual(now.exec, conversion.exec)) throw refuseChanged(name);
      if (user?.exec === undefined) document.replaceMember("users", name, "auth-provider", "exec", conversion.exec);
      else document.setMembers("users", name, "exec", conversion.exec);
    }
  };
}

type Edit = Pick<Invocation, "host" | "options">;

async function editFile(path: string, users: readonly ConvertedUser[], invocation: Edit): Promise<EditedFile> {
  const names = users.map(({ name }) => name);
  const isDryRun = isOwnOn(invocation, "dry-run");
  const options = { isDryRun, backup: nameBackup(invocation, path), signal: invocation.host.signal };
  try {
    const { backup } = await editKubeconfigFile(path, toChange(users), options);
    return { path, users: names, backup };
  } catch (error) {
    if (!isCredentialError(error)) throw error;
    // One file that cannot be written must not keep the others from it.
    return { path, users: names, failure: error };
  }
}

/**
 * Writes what was planned, each file under its lock and as a whole, client secrets first. Throws `FILE_UNREADABLE` when a secret cannot be
 * written; nothing else is then.
 */
export async function applyConversions(
  users: readonly ConvertedUser[],
  secretFile: string | undefined,
  invocation: Edit,
): Promise<readonly EditedFile[]> {
  const secret = users.find(({ conversion }) => conversion.secret !== undefined)?.conversion.secret;
  const isSecretNew = secret !== undefined && secretFile !== undefined && findClientSecret(secretFile) === undefined;
  if (isSecretNew && !isOwnOn(invocation, "dry-run")) keepClientSecret(secretFile, secret);
  const files: EditedFile[] = [];
  for (const path of new Set(users.map((user) => user.path))) {
    const own = users.filter((user) => user.path === path);
    files.push(await editFile(path, own, invocation));
  }
  return files;
}
