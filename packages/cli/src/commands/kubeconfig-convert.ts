import type { Kubeconfig } from "@kubepass/kubeconfig";
import { CredentialError } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { applyConversions, type EditedFile, isConverted, separateSecrets } from "../convert/apply-conversions.ts";
import { describeConversions, formatConversions, type Outcome } from "../convert/describe-conversions.ts";
import { findSecretFile, type PlannedUser, planConversions } from "../convert/plan-conversions.ts";
import { formatDocument } from "../format-document.ts";
import { findGivenText } from "../given-text.ts";
import { isOwnOn, loadSources, requireSources } from "../kubeconfig-sources.ts";
import { parseSettings } from "../settings.ts";

/** The context of a user that was converted: the current one, else the first. */
function findTrial(files: readonly EditedFile[], { contexts, currentContext }: Kubeconfig): string | undefined {
  const users = new Set(files.flatMap((file) => (file.failure === undefined ? file.users : [])));
  const isOfOne = (context: string): boolean => users.has(contexts.get(context)?.user ?? "");
  return isOfOne(currentContext) ? currentContext : [...contexts.keys()].find(isOfOne);
}

/** A user that was to be converted and was not: of a known kind, or asked for by name. */
function isUndone({ conversion, isNamed, path }: PlannedUser, files: readonly EditedFile[]): boolean {
  switch (conversion.kind) {
    case "converted":
      return files.some((file) => file.path === path && file.failure !== undefined);
    case "refused":
      return true;
    case "foreign":
      return isNamed;
    case "current":
      return false;
  }
}

/** What to complain about once everything is told; `undefined` when all was done. */
function findComplaint({ planned, files }: Outcome): CredentialError | undefined {
  const undone = planned.filter((each) => isUndone(each, files));
  if (undone.length === 0) return undefined;
  const [failed] = files;
  // Nothing was done, so the failure itself says most.
  if (undone.length === planned.length && files.length === 1 && failed?.failure !== undefined) return failed.failure;
  const what = undone.length === 1 ? "1 user was" : `${undone.length} users were`;
  return new CredentialError("CONVERSION_INCOMPLETE", `${what} not converted`, { hint: "why, and what to do, is told above for each" });
}

/** `kubepass kubeconfig convert`: makes users of other programs sign in with kubepass. Throws `CONVERSION_INCOMPLETE`. */
export async function kubeconfigConvert(invocation: Invocation): Promise<number> {
  const { host, stdout } = invocation;
  const { output: form } = parseSettings(invocation.options);
  const sources = loadSources(invocation);
  requireSources(sources, host);
  const secretFile = findSecretFile(invocation);
  const planned = separateSecrets(planConversions(invocation, sources.merged, secretFile), secretFile);
  const files = await applyConversions(planned.filter(isConverted), secretFile, invocation);
  const outcome = {
    planned,
    files,
    isDryRun: isOwnOn(invocation, "dry-run"),
    hasSeveralFiles: sources.sources.length > 1,
    kubeconfig: findGivenText(invocation, "kubeconfig"),
    currentContext: sources.merged.currentContext,
    trial: findTrial(files, sources.merged),
  };
  if (form === "text") stdout.write(describeConversions(outcome, host.terminal.columns));
  else stdout.write(await formatDocument(formatConversions(outcome), form));
  const complaint = findComplaint(outcome);
  if (complaint !== undefined) throw complaint;
  return 0;
}
