/** Where mappings come from, by aws-iam-authenticator's own names. */
export type BackendName = "MountedFile" | "EKSConfigMap" | "CRD" | "DynamicFile";

/** All of them. */
export const backendNames: readonly BackendName[] = ["MountedFile", "EKSConfigMap", "CRD", "DynamicFile"];

/** What a rule compares with. Everything is in lower case, but user ids. */
export interface RuleMatch {
  /** The canonical ARN as written; absent in patterns and in rules by user id alone. */
  readonly arn?: string | undefined;
  /** The same without a role's path, when it had one. */
  readonly arnWithoutPath?: string | undefined;
  readonly pattern?: RegExp | undefined;
  /** The principal's unique id (`AROA…`, `AIDA…`), which a name that was deleted and made again does not get back. */
  readonly userId?: string | undefined;
}

/** One entry of a mapping: whom it means, and who they become. */
export interface MappingRule {
  /** Where it stands, such as `mapRoles[2]`, for people. */
  readonly place: string;
  /** Roles are tried before users. */
  readonly list: "roles" | "users";
  readonly match: RuleMatch;
  /** A template. */
  readonly username: string;
  /** Templates. */
  readonly groups: readonly string[];
}

/** Something in a mapping that cannot be used, or will not do what its author thinks. */
export interface MappingProblem {
  readonly place: string;
  /** `error`: the entry is left out. `warning`: it works, but look at it. */
  readonly severity: "error" | "warning";
  /** Stable, such as `ROLE_PATH`. */
  readonly code: string;
  /** One line. */
  readonly message: string;
}

/** What a backend knows at one moment. */
export interface MappingSet {
  readonly rules: readonly MappingRule[];
  /** Accounts whose principals get in under their own ARN, without groups. */
  readonly accounts: ReadonlySet<string>;
  readonly problems: readonly MappingProblem[];
}

/** Nothing mapped. */
export const emptyMappingSet: MappingSet = { rules: [], accounts: new Set(), problems: [] };
