import { isJsonObject, type JsonObject, type JsonValue } from "@kubepass/wire";
import { type ApiAnswer, formatFailure } from "./api-server-status.ts";
import { type Access, type AccessRule, type ApiUser, isAllowed } from "./rbac.ts";

/** Answers `kubectl auth whoami` (authentication.k8s.io/v1 SelfSubjectReview). */
export function reviewUser(user: ApiUser): ApiAnswer {
  const { username, uid, groups, extra } = user;
  const status = { userInfo: { username, uid, groups, extra } };
  return { status: 201, body: { kind: "SelfSubjectReview", apiVersion: "authentication.k8s.io/v1", metadata: {}, status } };
}

function readText(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function parseReview(spec: JsonValue | undefined): Access | undefined {
  if (!isJsonObject(spec)) return undefined;
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (isJsonObject(resource)) {
    return {
      verb: readText(resource, "verb") ?? "",
      apiGroup: readText(resource, "group") ?? "",
      resource: readText(resource, "resource") ?? "",
      namespace: readText(resource, "namespace"),
      name: readText(resource, "name"),
    };
  }
  return isJsonObject(path) ? { verb: readText(path, "verb") ?? "", path: readText(path, "path") ?? "" } : undefined;
}

/** Answers `kubectl auth can-i` (authorization.k8s.io/v1 SelfSubjectAccessReview). */
export function reviewAccess(user: ApiUser, review: JsonObject, rules: readonly AccessRule[]): ApiAnswer {
  const { spec } = review;
  const access = parseReview(spec);
  if (access === undefined) return formatFailure("Invalid", "the review names neither a resource nor a path");
  const status = { allowed: isAllowed(user, access, rules) };
  return { status: 201, body: { kind: "SelfSubjectAccessReview", apiVersion: "authorization.k8s.io/v1", metadata: {}, spec, status } };
}
