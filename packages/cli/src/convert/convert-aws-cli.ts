import type { OptionValues } from "@kubepass/plugin-sdk";
import { type Conversion, refuseConversion, type Surroundings } from "./conversion.ts";
import { finishConversion } from "./finish-conversion.ts";
import { type FlagTable, scanFlags } from "./foreign-flags.ts";

const from = "aws eks get-token";

/** Flags that say only how something is shown or asked: the answer is always one line of JSON. */
const quiet = [
  "output",
  "color",
  "cli-binary-format",
  "cli-error-format",
  "no-cli-pager",
  "no-cli-auto-prompt",
  "cli-auto-prompt",
  "no-paginate",
];
const table: FlagTable = {
  values: [
    ...quiet.slice(0, 4),
    "region",
    "profile",
    "query",
    "endpoint-url",
    "ca-bundle",
    "cli-read-timeout",
    "cli-connect-timeout",
    "cluster-name",
    "cluster-id",
    "role-arn",
    "role",
    "session-name",
  ],
  switches: [...quiet.slice(4), "debug", "no-verify-ssl", "no-sign-request"],
};

const whyLeftOut: Readonly<Record<string, string>> = {
  query: "the answer is always an ExecCredential",
  "endpoint-url": "the AWS CLI took it and did not use it for tokens",
  "no-verify-ssl": "certificates are always checked; give an authority with --certificate-authority",
  "no-sign-request": "a token is a signature",
  debug: "-v and -vv tell more",
  "cli-read-timeout": "time limits are fixed",
  "cli-connect-timeout": "time limits are fixed",
};

// What the AWS CLI calls its sessions; usernames of a cluster's mapping may be made from it.
const sessionName = "EKSGetTokenAuth";

function readValues(given: ReadonlyMap<string, string>): OptionValues {
  const role = given.get("role-arn") ?? given.get("role") ?? "";
  const same = ["cluster-name", "cluster-id", "region", "profile"].flatMap((name) => {
    const value = given.get(name) ?? "";
    return value === "" ? [] : [[name, value] as const];
  });
  const bundle = given.get("ca-bundle") ?? "";
  return {
    ...Object.fromEntries(same),
    ...(role === "" ? {} : { "role-arn": [role], "session-name": given.get("session-name") || sessionName }),
    ...(bundle === "" ? {} : { "certificate-authority": [bundle] }),
  };
}

/** The AWS CLI as `get-token eks`, from all of its arguments; `undefined` when they are for another command of it. */
export function convertAwsCli(args: readonly string[], surroundings: Surroundings): Conversion | undefined {
  if (!args.includes("eks") || !args.includes("get-token")) return undefined;
  const { given, words, problem } = scanFlags(args, table);
  if (problem !== undefined) return refuseConversion(from, problem, "write the user anew: kubepass kubeconfig add eks");
  if (words.join(" ") !== "eks get-token")
    return refuseConversion(from, "a word among its arguments belongs to no flag", "write the user anew: kubepass kubeconfig add eks");
  const values = readValues(given);
  const leftOut = [...given.keys()].flatMap((name) =>
    whyLeftOut[name] === undefined ? [] : [`--${name} is left out: ${whyLeftOut[name]}`],
  );
  const idle = given.has("session-name") && values["role-arn"] === undefined;
  const notes = [...leftOut, ...(idle ? ["--session-name is left out: there is no role"] : [])];
  return finishConversion("eks", { from, values, notes, todo: [] }, surroundings);
}
