import type { JsonObject } from "@kubepass/wire";

interface KnownResource {
  readonly name: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
}

const resourcesByGroup: Readonly<Record<string, readonly KnownResource[]>> = {
  "": [
    { name: "namespaces", kind: "Namespace", isNamespaced: false, verbs: ["get", "list"], shortNames: ["ns"] },
    { name: "pods", kind: "Pod", isNamespaced: true, verbs: ["get", "list"], shortNames: ["po"] },
  ],
  "authentication.k8s.io": [{ name: "selfsubjectreviews", kind: "SelfSubjectReview", isNamespaced: false, verbs: ["create"] }],
  "authorization.k8s.io": [{ name: "selfsubjectaccessreviews", kind: "SelfSubjectAccessReview", isNamespaced: false, verbs: ["create"] }],
};
const version = { major: "1", minor: "34", gitVersion: "v1.34.0+kubepass-testkit", platform: "linux/amd64" };

function formatResourceList(group: string, resources: readonly KnownResource[]): JsonObject {
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: group === "" ? "v1" : `${group}/v1`,
    resources: resources.map(({ name, kind, isNamespaced, verbs, shortNames }) => {
      const short = shortNames === undefined ? {} : { shortNames };
      return { name, singularName: kind.toLowerCase(), namespaced: isNamespaced, kind, verbs, ...short };
    }),
  };
}

function formatGroupList(): JsonObject {
  const groups = Object.keys(resourcesByGroup).filter((group) => group !== "");
  return {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: groups.map((name) => {
      const only = { groupVersion: `${name}/v1`, version: "v1" };
      return { name, versions: [only], preferredVersion: only };
    }),
  };
}

/** What the server says of itself and of what it has, by path; always in the older form, one document for each group. */
export function findDiscoveryDocument(path: string): JsonObject | undefined {
  if (path === "/version") return version;
  if (path === "/api") return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
  if (path === "/apis") return formatGroupList();
  const group = path === "/api/v1" ? "" : /^\/apis\/([^/]+)\/v1$/.exec(path)?.[1];
  const resources = group === undefined || !Object.hasOwn(resourcesByGroup, group) ? undefined : resourcesByGroup[group];
  return group === undefined || resources === undefined ? undefined : formatResourceList(group, resources);
}
