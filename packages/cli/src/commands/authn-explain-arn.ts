import { explainArn, type MappingFile, readMappingFile } from "@kubepass/authenticator/aws-iam";
import { CredentialError, formatPrintable } from "@kubepass/wire";
import { formatArnExplanation, toArnExplanation } from "../aws-iam-text.ts";
import type { Invocation } from "../command.ts";
import { formatDocument } from "../format-document.ts";
import { findGivenText } from "../given-text.ts";
import { readTextFile } from "../read-text-file.ts";
import { parseSettings } from "../settings.ts";

function getMapping(path: string, isStrict: boolean): MappingFile {
  const file = readMappingFile(readTextFile(path, "the mapping"), isStrict);
  if (file !== undefined) return file;
  throw new CredentialError("CONFIG_INVALID", `${path} is no mapping`, {
    hint: "give aws-iam-authenticator's configuration, aws-auth, IAMIdentityMapping objects or a dynamic file",
  });
}

/** `kubepass authn explain --arn=ARN`: whom an ARN becomes and which entry says so. 0 when somebody, 6 when nobody. */
export async function authnExplainArn(arn: string, invocation: Invocation): Promise<number> {
  const paths = [...(invocation.parsed.given.get("mapping")?.texts ?? []), ...(invocation.parsed.given.get("config")?.texts ?? [])];
  if (paths.length === 0) throw new CredentialError("USAGE_INVALID", "authn explain --arn takes at least one --mapping");
  const isStrict = paths.some((path) => getMapping(path, false).config?.isUserIdStrict === true);
  const files = paths.map((path) => getMapping(path, isStrict));
  const facts = { userId: findGivenText(invocation, "user-id"), sessionName: findGivenText(invocation, "session-name") };
  const explanation = await explainArn(arn, files, facts);
  if (explanation === undefined)
    throw new CredentialError("USAGE_INVALID", `${formatPrintable(arn, 200)} is not the ARN of a role, session, user or account`);
  const { output } = parseSettings(invocation.options);
  invocation.stdout.write(
    output === "text" ? formatArnExplanation(explanation) : await formatDocument(toArnExplanation(explanation), output),
  );
  return explanation.verdict.kind === "mapped" ? 0 : 6;
}
