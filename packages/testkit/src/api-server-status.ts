import type { JsonObject } from "@kubepass/wire";
import type { ResourceAccess } from "./rbac.ts";

/** What the server sends back. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

const codes = { Unauthorized: 401, Forbidden: 403, NotFound: 404, MethodNotAllowed: 405, Invalid: 422 } as const;

/** A failure as kube-apiserver reports it (meta/v1 Status); kubectl reads `reason`, people read `message`. */
export function formatFailure(
  reason: keyof typeof codes,
  message = "the server does not allow this method on the requested resource",
  access?: ResourceAccess,
): ApiAnswer {
  const code = codes[reason];
  const details = access === undefined ? undefined : { name: access.name, group: access.apiGroup || undefined, kind: access.resource };
  return { status: code, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, details, code } };
}
