import type { Access } from "./rbac.ts";

const verbs: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };

function chooseVerb(method: string, name: string | undefined, isWatch: boolean): string {
  if (method === "DELETE" && name === undefined) return "deletecollection";
  if (method !== "GET") return verbs[method] ?? method.toLowerCase();
  if (isWatch) return "watch";
  return name === undefined ? "list" : "get";
}

function splitPath(pathname: string): { readonly apiGroup: string; readonly rest: readonly string[] } | undefined {
  const [root, ...parts] = pathname.split("/").filter((part) => part !== "");
  if (root === "api" && parts.length > 1) return { apiGroup: "", rest: parts.slice(1) };
  if (root === "apis" && parts.length > 2) return { apiGroup: parts[0] ?? "", rest: parts.slice(2) };
  return undefined;
}

/** What a request wants, read from its method and URL by the rules of the Kubernetes API. */
export function parseAccess(method: string, url: string): Access {
  const { pathname, searchParams } = new URL(url, "https://server.invalid");
  const path = splitPath(pathname);
  if (path === undefined) return { verb: method.toLowerCase(), path: pathname };
  const [first, namespace, ...inside] = path.rest;
  const [resource = "", name] = first === "namespaces" && inside.length > 0 ? inside : path.rest;
  const isWatch = ["1", "true"].includes(searchParams.get("watch") ?? "");
  // A namespace counts as lying in itself, so that a rule for it covers reading it.
  const place = first === "namespaces" ? namespace : undefined;
  return { verb: chooseVerb(method, name, isWatch), apiGroup: path.apiGroup, resource, namespace: place, name };
}
