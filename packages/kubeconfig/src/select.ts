import { CredentialError } from "@kubepass/wire";
import { type Cluster, type Context, emptyCluster, emptyContext, emptyUser, type Kubeconfig, type User } from "./kubeconfig.ts";
import type { Overrides } from "./overrides.ts";

/** A name, and whether it was given from outside, so that it must exist. */
interface Choice {
  readonly name: string;
  readonly isGiven: boolean;
}

/** The stanzas that a context comes to, with overrides laid over them. */
export interface Selection {
  readonly contextName: string;
  readonly clusterName: string;
  readonly userName: string;
  readonly context: Context;
  readonly cluster: Cluster;
  readonly user: User;
}

function choose(given: string | undefined, otherwise: string): Choice {
  return given === undefined || given === "" ? { name: otherwise, isGiven: false } : { name: given, isGiven: true };
}

function find<T>(map: ReadonlyMap<string, T>, { name, isGiven }: Choice, what: string, empty: T): T {
  const found = map.get(name);
  if (found !== undefined) return found;
  if (!isGiven) return empty;
  const known = [...map.keys()].slice(0, 10).join(", ");
  throw new CredentialError("KUBECONFIG_UNUSABLE", `${what} ${JSON.stringify(name)} does not exist`, {
    hint: known === "" ? "the kubeconfig names none" : `the kubeconfig has ${known}`,
  });
}

function laidOver(base: string, over: string | undefined): string {
  return over === undefined || over === "" ? base : over;
}

function overrideContext(context: Context, overrides: Overrides): Context {
  return {
    ...context,
    cluster: laidOver(context.cluster, overrides.cluster),
    user: laidOver(context.user, overrides.user),
    namespace: laidOver(context.namespace, overrides.namespace),
  };
}

function isText(text: string | undefined): boolean {
  return text !== undefined && text !== "";
}

function overrideTrust(cluster: Cluster, overrides: Overrides): Cluster {
  const { insecureSkipTlsVerify = false, certificateAuthority = "", certificateAuthorityData = "" } = overrides;
  if (!insecureSkipTlsVerify && certificateAuthority === "" && certificateAuthorityData === "") return cluster;
  return { ...cluster, insecureSkipTlsVerify, certificateAuthority, certificateAuthorityData };
}

function overrideCluster(cluster: Cluster, overrides: Overrides, defaultServer: string): Cluster {
  const keepsName = !isText(overrides.server) && !isText(overrides.tlsServerName);
  return overrideTrust(
    {
      ...cluster,
      server: laidOver(laidOver(defaultServer, cluster.server), overrides.server),
      tlsServerName: keepsName ? cluster.tlsServerName : (overrides.tlsServerName ?? ""),
      proxyUrl: laidOver(cluster.proxyUrl, overrides.proxyUrl),
      disableCompression: cluster.disableCompression || overrides.disableCompression === true,
    },
    overrides,
  );
}

/** A pair of file and text, where naming either from outside forgets both of the kubeconfig. */
function overridePair<T>(base: readonly [string, T], over: readonly [string | undefined, T | undefined], nothing: T): readonly [string, T] {
  const [file = "", text = nothing] = over;
  return file === "" && text === nothing ? base : [file, text];
}

function overrideImpersonation(user: User, overrides: Overrides): User {
  const groups = overrides.impersonateGroups ?? [];
  const extra = overrides.impersonateExtra ?? new Map<string, readonly string[]>();
  return {
    ...user,
    impersonate: laidOver(user.impersonate, overrides.impersonate),
    impersonateUid: laidOver(user.impersonateUid, overrides.impersonateUid),
    impersonateGroups: groups.length > 0 ? groups : user.impersonateGroups,
    impersonateExtra: extra.size > 0 ? new Map([...user.impersonateExtra, ...extra]) : user.impersonateExtra,
  };
}

function overrideUser(user: User, overrides: Overrides): User {
  const { clientCertificate, clientCertificateData, clientKey, clientKeyData } = overrides;
  const certificate = overridePair([user.clientCertificate, user.clientCertificateData], [clientCertificate, clientCertificateData], "");
  const key = overridePair([user.clientKey, user.clientKeyData], [clientKey, clientKeyData], undefined);
  return {
    ...overrideImpersonation(user, overrides),
    clientCertificate: certificate[0],
    clientCertificateData: certificate[1],
    clientKey: key[0],
    clientKeyData: key[1],
    token: overrides.token ?? user.token,
    tokenFile: laidOver(user.tokenFile, overrides.tokenFile),
    username: laidOver(user.username, overrides.username),
    password: overrides.password ?? user.password,
  };
}

/**
 * The context, cluster and user that are meant, by the rules of client-go: a name given from outside must exist
 * (`KUBECONFIG_UNUSABLE`), one that a context names may be missing and is then empty; overrides win field by field.
 */
export function select(kubeconfig: Kubeconfig, overrides: Overrides, defaultServer = ""): Selection {
  const contextChoice = choose(overrides.context, kubeconfig.currentContext);
  const found = kubeconfig.contexts.get(contextChoice.name) ?? emptyContext;
  const context = overrideContext(found, overrides);
  const userChoice = choose(overrides.user, context.user);
  const clusterChoice = choose(overrides.cluster, context.cluster);
  const user = overrideUser(find(kubeconfig.users, userChoice, "auth info", emptyUser), overrides);
  find(kubeconfig.contexts, contextChoice, "context", emptyContext);
  const cluster = overrideCluster(find(kubeconfig.clusters, clusterChoice, "cluster", emptyCluster), overrides, defaultServer);
  return { contextName: contextChoice.name, clusterName: clusterChoice.name, userName: userChoice.name, context, cluster, user };
}
