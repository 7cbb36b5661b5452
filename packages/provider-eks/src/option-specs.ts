import type { OptionKind, OptionSpec } from "@kubepass/plugin-sdk";

type Extra = Omit<OptionSpec, "name" | "kind" | "description">;

function option(name: string, kind: OptionKind, description: string, extra: Extra = {}): OptionSpec {
  return { name, kind, description, ...extra };
}

const cluster: readonly OptionSpec[] = [
  option("cluster-name", "text", "name of the EKS cluster"),
  option("cluster-id", "text", "id of an EKS cluster on Outposts, or the cluster id of aws-iam-authenticator"),
  option("region", "text", "region of the cluster", {
    defaultText: "AWS_REGION, AWS_DEFAULT_REGION, the profile's region, or the machine's own",
  }),
  option("partition", "text", "partition of a region whose name this program does not know yet, such as aws-cn"),
];

const identity: readonly OptionSpec[] = [
  option("profile", "text", "profile of AWS's config and credentials files", { defaultText: "keys in variables, then AWS_PROFILE" }),
  option("role-arn", "list", "role to take on first; more than one are taken on one after the other", { aliases: ["role"] }),
  option("external-id", "text", "external id for the last role"),
  option("session-name", "text", "session name of the roles", { aliases: ["role-session-name"], defaultText: "kubepass" }),
  option("forward-session-name", "switch", "use the session name of the credentials that take on the role"),
  option("role-duration", "seconds", "how long the last role is taken on for", { defaultText: "3600" }),
  option("source-identity", "text", "source identity of the roles: it stays through all of a chain"),
  option("session-tag", "map", "session tags for the roles"),
  option("transitive-tag", "list", "keys of session tags that stay through all of a chain"),
  option("mfa-serial", "text", "serial number or ARN of the MFA device whose code is asked for"),
];

const endpoints: readonly OptionSpec[] = [
  option("sts-endpoint", "text", "which host of STS the token is made for", {
    choices: ["auto", "regional", "global", "fips", "dual-stack", "fips-dual-stack"],
    defaultText: "auto: regional, or as AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT say",
  }),
  option("sts-endpoint-url", "text", "where roles are asked for, such as a VPC endpoint of STS; the token itself is unchanged", {
    defaultText: "AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, or the host of the token",
  }),
  option("sso-grant-type", "text", "how to sign in at IAM Identity Center", {
    choices: ["auto", "authorization-code", "device-code"],
    defaultText: "auto: the browser, or a device code where no browser can be used",
  }),
  option("certificate-authority", "list", "file with certificates (PEM) to trust beside the system's", {
    defaultText: "AWS_CA_BUNDLE",
  }),
];

/** Every option of the provider, in the order of the help text. */
export const eksOptions: readonly OptionSpec[] = [...cluster, ...identity, ...endpoints];
