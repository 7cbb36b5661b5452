import {
  type BackendView,
  type CallerIdentity,
  mapIdentity,
  MappingIndex,
  type MappingOutcome,
  type MappingProblem,
  type MappingSet,
  mapToUser,
  parseAwsAuth,
  parseAwsIamConfig,
  parseDynamicFile,
  parseIdentityMapping,
  supposeIdentity,
} from "@kubepass/authenticator/aws-iam";
import type { CaseIdentity, MappingCase } from "./generate-case.ts";

/** Whom an identity becomes; `error` says why nobody. */
export interface Mapped {
  readonly username: string;
  readonly groups: readonly string[];
  readonly error?: string | undefined;
}

/** Our answer to one identity, with what led to it. */
export interface OurAnswer extends Mapped {
  readonly outcome: MappingOutcome;
}

/** Our reading of a case. */
export interface OurReading {
  readonly views: readonly BackendView[];
  readonly errors: ReadonlyMap<string, readonly MappingProblem[]>;
  readonly answers: readonly OurAnswer[];
}

const empty: MappingSet = { rules: [], accounts: new Set(), problems: [] };

function readSet(mode: string, question: MappingCase, isStrict: boolean, mounted: MappingSet): MappingSet {
  switch (mode) {
    case "MountedFile":
      return mounted;
    case "EKSConfigMap":
      return parseAwsAuth(question.awsAuth);
    case "DynamicFile":
      return parseDynamicFile(question.dynamicFile, isStrict) ?? empty;
    default: {
      const sets = question.objects.map(({ name, ...spec }) => parseIdentityMapping({ metadata: { name }, spec }));
      return { rules: sets.flatMap(({ rules }) => rules), accounts: new Set(), problems: sets.flatMap(({ problems }) => problems) };
    }
  }
}

function toIdentity({ arn, userId, sessionName, accessKeyId }: CaseIdentity): CallerIdentity {
  const identity = supposeIdentity(arn, userId, sessionName);
  if (identity === undefined) throw new Error(`${arn} names nobody`);
  return { ...identity, accessKeyId };
}

/** Reads a case as `kubepass serve` does. */
export async function answerCase(question: MappingCase): Promise<OurReading> {
  const { config, problems } = parseAwsIamConfig(question.config);
  if (config === undefined) throw new Error(`the configuration is refused: ${JSON.stringify(problems)}`);
  const errors = new Map<string, readonly MappingProblem[]>();
  const views = question.modes.map((mode): BackendView => {
    const set = readSet(mode, question, config.isUserIdStrict, config.mounted);
    errors.set(
      mode,
      set.problems.filter(({ severity }) => severity === "error"),
    );
    const isStrict = mode === "DynamicFile" && config.isUserIdStrict;
    return { name: mode, index: new MappingIndex(set, isStrict), reservedPrefixes: config.reservedPrefixes.get(mode) ?? [] };
  });
  const answers: OurAnswer[] = [];
  for (const each of question.identities) {
    const identity = toIdentity(each);
    const verdict = await mapToUser(identity, views, {
      scrubbedAccounts: new Set(),
      findPrivateDnsName: async (id) => {
        const name = question.instances[id];
        return name === undefined ? { kind: "unknown" } : { kind: "found", name };
      },
    });
    const outcome = mapIdentity(identity, views);
    const mapped = verdict.kind === "mapped" ? verdict.user : { username: "", groups: [], error: verdict.code };
    answers.push({ username: mapped.username, groups: mapped.groups, error: "error" in mapped ? mapped.error : undefined, outcome });
  }
  return { views, errors, answers };
}
