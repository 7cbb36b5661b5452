import { describe, expect, test } from "vitest";
import { type Access, type AccessRule, formatRefusal, isAllowed } from "./rbac.ts";

const anna = { username: "anna", groups: ["developers", "system:authenticated"] };
const rules: readonly AccessRule[] = [
  { groups: ["developers"], verbs: ["get", "list"], resources: ["pods"], namespaces: ["shop"] },
  { groups: ["developers"], verbs: ["list"], resources: ["namespaces"] },
  { groups: ["operators"], verbs: ["*"], resources: ["*"] },
];
const pods = (verb: string, namespace?: string): Access => ({ verb, apiGroup: "", resource: "pods", namespace });

describe("access rules", () => {
  test.each<[string, Access, boolean]>([
    ["a verb, resource and namespace of a rule", pods("list", "shop"), true],
    ["another verb", pods("delete", "shop"), false],
    ["another namespace", pods("list", "vault"), false],
    ["all namespaces, when the rule names some", pods("list"), false],
    ["what has no namespace, by a rule for everywhere", { verb: "list", apiGroup: "", resource: "namespaces" }, true],
    ["the same name in another API group", { verb: "list", apiGroup: "example.com", resource: "namespaces" }, false],
    ["discovery", { verb: "get", path: "/apis" }, true],
    ["another path", { verb: "get", path: "/metrics" }, false],
    ["a review of oneself", { verb: "create", apiGroup: "authentication.k8s.io", resource: "selfsubjectreviews" }, true],
  ])("judge %s", (_what, access, expected) => {
    expect(isAllowed(anna, access, rules)).toBe(expected);
  });

  test("a star stands for every verb and resource", () => {
    expect(isAllowed({ username: "olga", groups: ["operators"] }, pods("delete", "vault"), rules)).toBe(true);
  });
});

test("a refusal reads as the one of kube-apiserver", () => {
  expect(formatRefusal(anna, pods("list", "vault"))).toBe(
    'pods is forbidden: User "anna" cannot list resource "pods" in API group "" in the namespace "vault"',
  );
  expect(formatRefusal(anna, { verb: "get", apiGroup: "apps", resource: "deployments", namespace: "shop", name: "web" })).toBe(
    'deployments.apps "web" is forbidden: User "anna" cannot get resource "deployments" in API group "apps" in the namespace "shop"',
  );
  expect(formatRefusal(anna, { verb: "list", apiGroup: "", resource: "nodes" })).toBe(
    'nodes is forbidden: User "anna" cannot list resource "nodes" in API group "" at the cluster scope',
  );
  expect(formatRefusal(anna, { verb: "get", path: "/metrics" })).toBe('forbidden: User "anna" cannot get path "/metrics"');
});
