/** Who a request comes from, as the API server sees it. */
export interface ApiUser {
  readonly username: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** Lets the members of groups do something; `*` stands for all verbs or all resources. */
export interface AccessRule {
  readonly groups: readonly string[];
  readonly verbs: readonly string[];
  /** Plural names, with the API group where there is one: `pods`, `deployments.apps`. */
  readonly resources: readonly string[];
  /** Where it holds; absent means everywhere, what has no namespace included. */
  readonly namespaces?: readonly string[] | undefined;
}

/** What somebody wants to do with a resource. */
export interface ResourceAccess {
  readonly verb: string;
  readonly apiGroup: string;
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** What somebody wants to do with a path that is not a resource. */
export interface PathAccess {
  readonly verb: string;
  readonly path: string;
}

/** What an API server decides on. */
export type Access = ResourceAccess | PathAccess;

// What every authenticated user of a real cluster may do (system:discovery and system:basic-user).
const publicPath = /^\/(api|apis|version|healthz|livez|readyz|openapi)(\/|$)/;
const ownReviews = new Set(["selfsubjectreviews.authentication.k8s.io", "selfsubjectaccessreviews.authorization.k8s.io"]);

function nameResource({ apiGroup, resource }: ResourceAccess): string {
  return apiGroup === "" ? resource : `${resource}.${apiGroup}`;
}

function includes(allowed: readonly string[], wanted: string): boolean {
  return allowed.includes(wanted) || allowed.includes("*");
}

function covers(rule: AccessRule, access: ResourceAccess): boolean {
  if (!includes(rule.verbs, access.verb) || !includes(rule.resources, nameResource(access))) return false;
  return rule.namespaces === undefined || (access.namespace !== undefined && rule.namespaces.includes(access.namespace));
}

/** Whether one of the rules lets the user do it. Discovery and reviews of oneself are open to every user. */
export function isAllowed(user: ApiUser, access: Access, rules: readonly AccessRule[]): boolean {
  if ("path" in access) return access.verb === "get" && publicPath.test(access.path);
  if (access.verb === "create" && ownReviews.has(nameResource(access))) return true;
  return rules.some((rule) => rule.groups.some((group) => user.groups.includes(group)) && covers(rule, access));
}

/** A refusal in the words of kube-apiserver. */
export function formatRefusal(user: ApiUser, access: Access): string {
  if ("path" in access) return `forbidden: User "${user.username}" cannot ${access.verb} path "${access.path}"`;
  const { verb, resource, apiGroup, namespace, name } = access;
  const subject = name === undefined ? nameResource(access) : `${nameResource(access)} "${name}"`;
  const place = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return `${subject} is forbidden: User "${user.username}" cannot ${verb} resource "${resource}" in API group "${apiGroup}" ${place}`;
}
