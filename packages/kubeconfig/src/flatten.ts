import { dirname, isAbsolute, join, resolve } from "node:path";
import { CredentialError, Secret } from "@kubepass/wire";
import type { Cluster, Kubeconfig, User } from "./kubeconfig.ts";
import { findNamedFile } from "./read-file.ts";

/** The base64 of the file that is named, or the text that is there already. */
function embed(path: string, data: string, origin: string | undefined): string {
  if (path === "") return data;
  if (data !== "") throw new CredentialError("KUBECONFIG_UNUSABLE", "cannot have values for both path and contents", { hint: path });
  const absolute = isAbsolute(path) ? path : join(resolve(dirname(origin ?? "")), path);
  const bytes = findNamedFile(absolute, "a certificate or key");
  if (bytes !== undefined) return Buffer.from(bytes).toString("base64");
  throw new CredentialError("FILE_UNREADABLE", `open ${absolute}: no such file or directory`, {
    hint: `${origin ?? "the kubeconfig"} names it`,
  });
}

function flattenUser(user: User): User {
  const certificate = embed(user.clientCertificate, user.clientCertificateData, user.origin);
  const key = embed(user.clientKey, user.clientKeyData?.reveal() ?? "", user.origin);
  return {
    ...user,
    clientCertificate: "",
    clientCertificateData: certificate,
    clientKey: "",
    clientKeyData: key === "" ? undefined : new Secret(key),
  };
}

function flattenCluster(cluster: Cluster): Cluster {
  const data = embed(cluster.certificateAuthority, cluster.certificateAuthorityData, cluster.origin);
  return { ...cluster, certificateAuthority: "", certificateAuthorityData: data };
}

/**
 * A kubeconfig that needs no other file for certificates and keys: they are read and put into it. Throws `FILE_UNREADABLE`, and
 * `KUBECONFIG_UNUSABLE` where a stanza has both a path and the text.
 */
export function flattenKubeconfig(kubeconfig: Kubeconfig): Kubeconfig {
  return {
    ...kubeconfig,
    users: new Map([...kubeconfig.users].map(([name, user]) => [name, flattenUser(user)])),
    clusters: new Map([...kubeconfig.clusters].map(([name, cluster]) => [name, flattenCluster(cluster)])),
  };
}
