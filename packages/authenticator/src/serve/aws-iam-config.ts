import { CredentialError } from "@kubepass/wire";
import { type AwsIamConfig, type MappingProblem, parseAwsIamConfig } from "../aws-iam/index.ts";

/** A problem of a configuration or a mapping, on one line. */
export function describeMappingProblem({ place, code, message }: MappingProblem): string {
  return `${place}: ${message} (${code})`;
}

/** What the environment says of the name of the cluster, which goes before the configuration file. */
export function findClusterId(variables: Readonly<Record<string, string | undefined>>): string | undefined {
  return variables["KUBERNETES_AWS_AUTHENTICATOR_CLUSTER_ID"] || undefined;
}

/** A configuration that can be used, and what is strange or left out of it. */
export interface ReadAwsIamConfig {
  readonly config: AwsIamConfig;
  readonly warnings: readonly string[];
}

/** aws-iam-authenticator's own configuration file; `name` is the file's, for messages. Throws one `CONFIG_INVALID` for all errors. */
export function readAwsIamConfig(source: string, name: string, clusterId: string | undefined): ReadAwsIamConfig {
  const { config, problems } = parseAwsIamConfig(source, clusterId);
  if (config !== undefined) return { config, warnings: problems.map(describeMappingProblem) };
  const errors = problems.filter(({ severity }) => severity === "error").map(describeMappingProblem);
  throw new CredentialError("CONFIG_INVALID", `${name} is refused:`, { problems: errors, hint: `run: kubepass authn lint ${name}` });
}
