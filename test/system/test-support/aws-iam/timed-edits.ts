import type { ApiServerClient, WatchEvent } from "./api-server-client.ts";

/** A mapping of one role that comes and goes, and how its events are known. */
export interface TimedEdit {
  readonly kind: string;
  /** The list that holds it, and nothing else. */
  readonly list: string;
  map(apiServer: ApiServerClient): Promise<void>;
  unmap(apiServer: ApiServerClient): Promise<void>;
  readonly isMapped: (event: WatchEvent) => boolean;
  readonly isGone: (event: WatchEvent) => boolean;
}

const configMaps = "/api/v1/namespaces/kube-system/configmaps";
const identityMappings = "/apis/iamauthenticator.k8s.aws/v1alpha1/iamidentitymappings";

/** A mapping in each kind of object. */
export function createTimedEdits(role: string, username: string): readonly TimedEdit[] {
  const entry = `- rolearn: ${role}\n  username: ${username}\n`;
  const nobody = "[]";
  const putAwsAuth = async (apiServer: ApiServerClient, mapRoles: string): Promise<void> =>
    await apiServer.put(`${configMaps}/aws-auth`, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "aws-auth" },
      data: { mapRoles },
    });
  const object = {
    apiVersion: "iamauthenticator.k8s.aws/v1alpha1",
    kind: "IAMIdentityMapping",
    metadata: { name: "timed" },
    spec: { arn: role, username, groups: [] },
  };
  return [
    {
      kind: "aws-auth",
      list: `${configMaps}?fieldSelector=metadata.name%3Daws-auth`,
      map: async (apiServer) => await putAwsAuth(apiServer, entry),
      unmap: async (apiServer) => await putAwsAuth(apiServer, nobody),
      isMapped: ({ object: { data } }) => data?.["mapRoles"] === entry,
      isGone: ({ object: { data } }) => data?.["mapRoles"] === nobody,
    },
    {
      kind: "an IAMIdentityMapping",
      list: identityMappings,
      map: async (apiServer) => await apiServer.put(`${identityMappings}/timed`, object),
      unmap: async (apiServer) => await apiServer.remove(`${identityMappings}/timed`),
      isMapped: ({ type }) => type === "ADDED",
      isGone: ({ type }) => type === "DELETED",
    },
  ];
}
