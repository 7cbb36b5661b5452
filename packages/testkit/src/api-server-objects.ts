import type { JsonObject } from "@kubepass/wire";

/** A pod that the API server shows. */
export interface ApiPod {
  readonly name: string;
  /** Default `Running`. */
  readonly phase?: string | undefined;
  readonly restarts?: number | undefined;
  /** Default: when the server started. */
  readonly createdAt?: Date | undefined;
}

/** A namespace with its pods. */
export interface ApiNamespace {
  readonly name: string;
  readonly pods?: readonly ApiPod[] | undefined;
  /** Default: when the server started. */
  readonly createdAt?: Date | undefined;
}

/** One object in its full form, and as a row of a table. */
export interface ApiObject {
  readonly object: JsonObject;
  readonly cells: readonly (string | number)[];
}

/** Objects of one kind. */
export interface ApiObjectList {
  readonly kind: "Namespace" | "Pod";
  readonly items: readonly ApiObject[];
}

const columns: Readonly<Record<ApiObjectList["kind"], readonly (readonly [name: string, type: string])[]>> = {
  Namespace: [
    ["Name", "string"],
    ["Status", "string"],
    ["Age", "string"],
  ],
  Pod: [
    ["Name", "string"],
    ["Ready", "string"],
    ["Status", "string"],
    ["Restarts", "string"],
    ["Age", "string"],
  ],
};

/** How long ago, as kubectl shows it: one unit, and a second one where the first is small. */
function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

function formatMetadata(name: string, namespace: string | undefined, createdAt: Date): JsonObject {
  const place = namespace === undefined ? {} : { namespace };
  return { name, ...place, uid: `${namespace ?? "cluster"}-${name}`, creationTimestamp: `${createdAt.toISOString().slice(0, 19)}Z` };
}

/** A namespace as the API server returns it. */
export function formatNamespace(namespace: ApiNamespace, startedAt: Date, now: Date): ApiObject {
  const { name, createdAt = startedAt } = namespace;
  const metadata = { ...formatMetadata(name, undefined, createdAt), labels: { "kubernetes.io/metadata.name": name } };
  return {
    object: { apiVersion: "v1", kind: "Namespace", metadata, spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } },
    cells: [name, "Active", formatAge(now.getTime() - createdAt.getTime())],
  };
}

/** A pod as the API server returns it. */
export function formatPod(pod: ApiPod, namespace: string, startedAt: Date, now: Date): ApiObject {
  const { name, phase = "Running", restarts = 0, createdAt = startedAt } = pod;
  const isReady = phase === "Running";
  const container = { name: "main", image: "registry.example/main:1" };
  return {
    object: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: formatMetadata(name, namespace, createdAt),
      spec: { containers: [container] },
      status: { phase, containerStatuses: [{ ...container, ready: isReady, restartCount: restarts }] },
    },
    cells: [name, isReady ? "1/1" : "0/1", phase, String(restarts), formatAge(now.getTime() - createdAt.getTime())],
  };
}

/** Objects as the table that kubectl prints (meta.k8s.io/v1 Table). */
export function formatTable({ kind, items }: ApiObjectList): JsonObject {
  return {
    apiVersion: "meta.k8s.io/v1",
    kind: "Table",
    metadata: { resourceVersion: "1" },
    columnDefinitions: columns[kind].map(([name, type]) => {
      return { name, type, format: name === "Name" ? "name" : "", description: "", priority: 0 };
    }),
    rows: items.map(({ object, cells }) => {
      return { cells, object: { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata", metadata: object["metadata"] } };
    }),
  };
}

/** Objects as a list (`PodList`). */
export function formatList({ kind, items }: ApiObjectList): JsonObject {
  return { apiVersion: "v1", kind: `${kind}List`, metadata: { resourceVersion: "1" }, items: items.map(({ object }) => object) };
}
