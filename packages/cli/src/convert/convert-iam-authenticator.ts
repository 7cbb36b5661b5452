import type { ExecConfig } from "@kubepass/kubeconfig";
import type { OptionValues } from "@kubepass/plugin-sdk";
import { type Conversion, refuseConversion, type Surroundings } from "./conversion.ts";
import { finishConversion } from "./finish-conversion.ts";
import { type FlagTable, scanFlags } from "./foreign-flags.ts";

const from = "aws-iam-authenticator token";

const table: FlagTable = {
  values: ["cluster-id", "role", "external-id", "session-name", "region", "config", "log-format", "log-verbosity", "feature-gates"],
  switches: ["forward-session-name", "token-only", "cache"],
  shorts: { i: "cluster-id", r: "role", e: "external-id", s: "session-name", c: "config", l: "log-format", v: "log-verbosity" },
};

const whyLeftOut: Readonly<Record<string, string>> = {
  cache: "tokens are always kept until they end",
  "token-only": "kubectl takes an ExecCredential alone",
  "log-format": "--output=json has errors as JSON",
  "log-verbosity": "-v and -vv tell more",
  "feature-gates": "they are the server's",
};

const roleFlags = ["external-id", "session-name", "forward-session-name"];

type Find = (name: string) => string;

/** What a flag or, without it, a variable of the stanza says. */
function createFind(given: ReadonlyMap<string, string>, env: ExecConfig["env"]): Find {
  const variables: Readonly<Record<string, string>> = { "cluster-id": "KUBERNETES_AWS_AUTHENTICATOR_CLUSTER_ID", role: "DEFAULT_ROLE" };
  return (name) => given.get(name) || (env.findLast((variable) => variable.name === variables[name])?.value.reveal() ?? "");
}

function readValues(find: Find, region: string): OptionValues {
  const role = find("role");
  const name = find("session-name");
  const externalId = find("external-id");
  const ofRole = {
    "role-arn": [role],
    ...(externalId === "" ? {} : { "external-id": externalId }),
    ...(name === "" ? {} : { "session-name": name }),
    ...(find("forward-session-name") === "true" ? { "forward-session-name": true } : {}),
  };
  return { "cluster-id": find("cluster-id"), ...(region === "" ? {} : { region }), ...(role === "" ? {} : ofRole) };
}

interface Region {
  readonly region: string;
  readonly notes: readonly string[];
  readonly todo: readonly string[];
}

/** The region that is written: without any aws-iam-authenticator takes us-east-1 at last; here that is an error. */
function chooseRegion(given: string, env: ExecConfig["env"], { region }: Surroundings): Region {
  const isSet = env.some(({ name, value }) => (name === "AWS_REGION" || name === "AWS_DEFAULT_REGION") && value.reveal() !== "");
  if (given !== "" || isSet) return { region: given, notes: [], todo: [] };
  if (region !== undefined) return { region, notes: [`the region ${region} is that of the cluster's address; none was given`], todo: [] };
  const todo =
    "if neither AWS_REGION nor the profile names a region, add --region: aws-iam-authenticator asked the machine, else took us-east-1";
  return { region: "", notes: [], todo: [todo] };
}

function listNotes(given: ReadonlyMap<string, string>, values: OptionValues): readonly string[] {
  const hasRole = values["role-arn"] !== undefined;
  const leftOut = [...given.keys()].flatMap((name) => {
    if (whyLeftOut[name] !== undefined) return [`--${name} is left out: ${whyLeftOut[name]}`];
    return !hasRole && roleFlags.includes(name) ? [`--${name} is left out: there is no role`] : [];
  });
  const isNamed = values["session-name"] !== undefined || values["forward-session-name"] === true;
  return hasRole && !isNamed
    ? [...leftOut, "the role's session is called kubepass; before it was a number that changed each time"]
    : leftOut;
}

/** aws-iam-authenticator, or heptio-authenticator-aws as it was called, as `get-token eks`; `undefined` for another command of it. */
export function convertIamAuthenticator(
  { args, env }: Pick<ExecConfig, "args" | "env">,
  surroundings: Surroundings,
): Conversion | undefined {
  if (!args.includes("token")) return undefined;
  const { given, words, problem } = scanFlags(args, table);
  const hint = "write the user anew: kubepass kubeconfig add eks";
  if (problem !== undefined) return refuseConversion(from, problem, hint);
  if (words.length !== 1) return refuseConversion(from, "a word among its arguments belongs to no flag", hint);
  if (given.has("config")) return refuseConversion(from, "its --config may name a cluster and a role, and is not read", hint);
  const find = createFind(given, env);
  if (find("cluster-id") === "") return refuseConversion(from, "it names no cluster", `${hint} --cluster-id=ID`);
  const { region, notes, todo } = chooseRegion(find("region"), env, surroundings);
  const values = readValues(find, region);
  return finishConversion("eks", { from, values, notes: [...listNotes(given, values), ...notes], todo }, surroundings);
}
