import { isJsonObject, type JsonObject } from "@kubepass/wire";
import { type ClusterPatch, keepStatuses } from "../kubernetes/keep-statuses.ts";
import { type ClusterGet, type ObjectWatch, watchObjects } from "../kubernetes/watch-objects.ts";
import type { BackendView } from "../mapping/map-identity.ts";
import { MappingIndex } from "../mapping/mapping-index.ts";
import { nameOf, parseAwsAuth, parseIdentityMappings } from "../mapping/parse-mapping.ts";
import { emptyMappingSet, type MappingSet } from "../mapping/rule.ts";
import type { Backend, OnProblems } from "./backend.ts";

/** What backends need that watch the API server. */
export interface WatchedOptions {
  readonly get: ClusterGet;
  readonly sleep: ObjectWatch["sleep"];
  readonly reservedPrefixes: readonly string[];
  readonly onProblems: OnProblems;
  readonly onFailure: (message: string) => void;
}

interface Source {
  readonly name: "EKSConfigMap" | "CRD";
  readonly path: string;
  readonly fieldSelector?: string;
  /** Told of all objects once they count. */
  readonly onObjects?: (objects: readonly JsonObject[]) => void;
  parse(objects: readonly JsonObject[], previous: MappingSet | undefined): MappingSet;
}

function startWatched(source: Source, options: WatchedOptions): Backend {
  const controller = new AbortController();
  const { name, path, fieldSelector } = source;
  const { reservedPrefixes, get, sleep, onFailure } = options;
  let view: BackendView = { name, index: undefined, reservedPrefixes };
  const onObjects = (objects: readonly JsonObject[]): void => {
    const index = new MappingIndex(source.parse(objects, view.index?.set));
    view = { name, index, reservedPrefixes };
    options.onProblems(name, [...index.set.problems, ...index.findProblems()]);
    source.onObjects?.(objects);
  };
  const ended = watchObjects({ path, fieldSelector, get, sleep, onFailure, onObjects }, controller.signal);
  return {
    view: () => view,
    close: async () => {
      controller.abort();
      await ended;
    },
  };
}

const awsAuth: Source = {
  name: "EKSConfigMap",
  path: "/api/v1/namespaces/kube-system/configmaps",
  fieldSelector: "metadata.name=aws-auth",
  parse: (objects, previous) => {
    const object = objects.find((candidate) => nameOf(candidate) === "aws-auth");
    if (object === undefined) return emptyMappingSet;
    const { data } = object;
    return parseAwsAuth(isJsonObject(data) ? data : {}, previous);
  },
};

const identityMappings: Source = {
  name: "CRD",
  path: "/apis/iamauthenticator.k8s.aws/v1alpha1/iamidentitymappings",
  parse: (objects) => parseIdentityMappings(objects),
};

/** The ConfigMap kube-system/aws-auth, watched. */
export function startConfigMap(options: WatchedOptions): Backend {
  return startWatched(awsAuth, options);
}

/** What the backend of IAMIdentityMapping objects needs. */
export interface IdentityMappingsOptions extends WatchedOptions {
  readonly patch: ClusterPatch;
  /** `status.canonicalARN` of an object cannot be written now. */
  readonly onStatusFailure: (message: string) => void;
}

/** The IAMIdentityMapping objects of the cluster, watched; their status is kept as aws-iam-authenticator keeps it. */
export function startIdentityMappings(options: IdentityMappingsOptions): Backend {
  const { patch, sleep, onStatusFailure: onFailure } = options;
  const statuses = keepStatuses({ path: identityMappings.path, patch, sleep, onFailure });
  const backend = startWatched({ ...identityMappings, onObjects: (objects) => statuses.show(objects) }, options);
  return {
    view: () => backend.view(),
    close: async () => {
      await backend.close();
      await statuses.close();
    },
  };
}
