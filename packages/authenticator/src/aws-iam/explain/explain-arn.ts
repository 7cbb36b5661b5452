import { type CallerIdentity, supposeIdentity } from "../caller-identity.ts";
import { mapToUser, type UserVerdict } from "../aws-iam-verifier.ts";
import { stripRolePath } from "../mapping/arn.ts";
import { type BackendView, mapIdentity, type MappingOutcome, type MappingStep } from "../mapping/map-identity.ts";
import { MappingIndex } from "../mapping/mapping-index.ts";
import { usesPrivateDnsName, usesSessionName } from "../mapping/render-template.ts";
import type { BackendName, MappingProblem } from "../mapping/rule.ts";
import type { MappingFile } from "./read-mapping-file.ts";

/** Whom an ARN would become, and how that was found. */
export interface ArnExplanation {
  /** The ARN as mappings name it. */
  readonly canonicalArn: string;
  readonly steps: readonly MappingStep[];
  /** Backends that the server asks and that no file was given for. */
  readonly missing: readonly BackendName[];
  /** What of the files could not be read, and so does not count. */
  readonly problems: readonly MappingProblem[];
  /** A session's name that was made up, because the rule asks for one and none was told. */
  readonly supposedSession: string | undefined;
  readonly verdict: UserVerdict;
}

/** What is supposed of the identity beside its ARN. */
export interface SupposedFacts {
  readonly userId?: string | undefined;
  readonly sessionName?: string | undefined;
}

function toView(file: MappingFile, files: readonly MappingFile[]): BackendView {
  const config = files.find((other) => other.config !== undefined)?.config;
  const isStrict = file.backend === "DynamicFile" && config?.isUserIdStrict === true;
  return {
    name: file.backend,
    index: new MappingIndex(file.set, isStrict),
    reservedPrefixes: config?.reservedPrefixes.get(file.backend) ?? [],
  };
}

function supposeSession({ type, sessionName }: CallerIdentity, outcome: MappingOutcome): string | undefined {
  if (type !== "role" || sessionName !== "" || outcome.kind !== "rule") return undefined;
  const templates = [outcome.rule.username, ...outcome.rule.groups];
  if (templates.some((template) => usesPrivateDnsName(template))) return "i-0123456789abcdef0";
  return templates.some((template) => usesSessionName(template)) ? "session-name" : undefined;
}

/**
 * Says whom an ARN becomes by some files, without asking anybody: in the order of the server's configuration when one of them
 * is that, else in the order given. A role's own ARN stands for a session of it, whose ARN has no path. `undefined` when the ARN names nobody.
 */
export async function explainArn(
  arn: string,
  files: readonly MappingFile[],
  facts: SupposedFacts = {},
): Promise<ArnExplanation | undefined> {
  const identity = supposeIdentity(stripRolePath(arn), facts.userId, facts.sessionName);
  if (identity === undefined) return undefined;
  const config = files.find((file) => file.config !== undefined)?.config;
  const order = config?.backendModes ?? files.map(({ backend }) => backend);
  const views = order.flatMap((name) => files.filter(({ backend }) => backend === name).map((file) => toView(file, files)));
  const outcome = mapIdentity(identity, views);
  const supposedSession = supposeSession(identity, outcome);
  const sessionName = supposedSession ?? identity.sessionName;
  const verdict = await mapToUser({ ...identity, sessionName, accessKeyId: "<access key id>" }, views, {
    scrubbedAccounts: config?.scrubbedAccounts ?? new Set(),
    findPrivateDnsName: async (id) => ({ kind: "found", name: `<private DNS name of ${id}>` }),
  });
  return {
    canonicalArn: identity.canonicalArn,
    steps: outcome.steps,
    missing: order.filter((name) => !files.some(({ backend }) => backend === name)),
    problems: files.flatMap(({ problems }) => problems.filter(({ severity }) => severity === "error")),
    supposedSession,
    verdict,
  };
}
