import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isJsonObject, type JsonObject } from "@kubepass/wire";
import { createAuthenticator, findBearerToken, type JwtAuthenticatorOptions } from "./api-server-authentication.ts";
import { findDiscoveryDocument } from "./api-server-discovery.ts";
import { type ApiNamespace, type ApiObjectList, formatList, formatNamespace, formatPod, formatTable } from "./api-server-objects.ts";
import { isProtobuf, parseAccessReview } from "./api-server-protobuf.ts";
import { parseAccess } from "./api-server-request.ts";
import { reviewAccess, reviewUser } from "./api-server-reviews.ts";
import { type ApiAnswer, formatFailure } from "./api-server-status.ts";
import type { CertificateAuthority } from "./certificate-authority.ts";
import { readBytes, sendJson, startLoopbackServer } from "./loopback-server.ts";
import { type AccessRule, type ApiUser, formatRefusal, isAllowed, type ResourceAccess } from "./rbac.ts";

/** How an API server is set up. */
export interface ApiServerOptions {
  /** Issues the server's certificate, and is the one whose client certificates are accepted. */
  readonly certificateAuthority: CertificateAuthority;
  /** Whose tokens are accepted; absent: nobody's. */
  readonly jwt?: JwtAuthenticatorOptions | undefined;
  /** Who may do what; absent: discovery and reviews of oneself only. */
  readonly rules?: readonly AccessRule[] | undefined;
  /** What there is; default `default` and `kube-system` with a pod each. */
  readonly namespaces?: readonly ApiNamespace[] | undefined;
  readonly port?: number | undefined;
  readonly now?: (() => Date) | undefined;
}

/** What an API server counted since it started. */
export interface ApiServerCounts {
  readonly requests: number;
  /** Answers with status 401. */
  readonly unauthorized: number;
  /** Different bearer tokens that came, good or bad. */
  readonly tokens: number;
}

/** A small API server on 127.0.0.1: discovery, namespaces, pods, and reviews of oneself. */
export interface ApiServer {
  readonly url: string;
  readonly port: number;
  readonly certificateAuthorityPem: string;
  readonly counts: ApiServerCounts;
  /** Method, path and query of each request, in order. */
  readonly requests: readonly string[];
  /** Why credentials were refused: what the real one writes into its log. */
  readonly refusals: readonly string[];
  close(): Promise<void>;
}

interface Cluster {
  readonly rules: readonly AccessRule[];
  readonly namespaces: readonly ApiNamespace[];
  readonly startedAt: Date;
  readonly now: () => Date;
}

interface ApiRequest {
  readonly user: ApiUser;
  readonly isTableWanted: boolean;
  readonly body: JsonObject;
}

const defaultNamespaces: readonly ApiNamespace[] = [
  { name: "default", pods: [{ name: "web-0" }] },
  { name: "kube-system", pods: [{ name: "coredns-0" }] },
];

function selectObjects({ namespaces, startedAt, now }: Cluster, access: ResourceAccess): ApiObjectList {
  if (access.resource === "namespaces")
    return { kind: "Namespace", items: namespaces.map((each) => formatNamespace(each, startedAt, now())) };
  const chosen = namespaces.filter(({ name }) => access.namespace === undefined || access.namespace === name);
  const items = chosen.flatMap(({ name, pods = [] }) => pods.map((pod) => formatPod(pod, name, startedAt, now())));
  return { kind: "Pod", items };
}

function findName({ object }: ApiObjectList["items"][number]): unknown {
  return isJsonObject(object["metadata"]) ? object["metadata"]["name"] : undefined;
}

function showObjects(cluster: Cluster, access: ResourceAccess, { isTableWanted }: ApiRequest): ApiAnswer {
  const all = selectObjects(cluster, access);
  const { name } = access;
  if (name === undefined) return { status: 200, body: isTableWanted ? formatTable(all) : formatList(all) };
  const item = all.items.find((each) => findName(each) === name);
  if (item === undefined) return formatFailure("NotFound", `${access.resource} "${name}" not found`, access);
  return { status: 200, body: isTableWanted ? formatTable({ kind: all.kind, items: [item] }) : item.object };
}

function answerResource(cluster: Cluster, access: ResourceAccess, request: ApiRequest): ApiAnswer {
  const isReading = access.verb === "get" || access.verb === "list";
  switch (`${access.resource}.${access.apiGroup}`) {
    case "namespaces.":
    case "pods.":
      return isReading ? showObjects(cluster, access, request) : formatFailure("MethodNotAllowed");
    case "selfsubjectreviews.authentication.k8s.io":
      return access.verb === "create" ? reviewUser(request.user) : formatFailure("MethodNotAllowed");
    case "selfsubjectaccessreviews.authorization.k8s.io":
      return access.verb === "create" ? reviewAccess(request.user, request.body, cluster.rules) : formatFailure("MethodNotAllowed");
    default:
      return formatFailure("NotFound", "the server could not find the requested resource");
  }
}

function answerUser(cluster: Cluster, incoming: IncomingMessage, request: ApiRequest): ApiAnswer {
  const access = parseAccess(incoming.method ?? "GET", incoming.url ?? "/");
  if (!isAllowed(request.user, access, cluster.rules)) {
    return formatFailure("Forbidden", formatRefusal(request.user, access), "path" in access ? undefined : access);
  }
  if (!("path" in access)) return answerResource(cluster, access, request);
  const document = findDiscoveryDocument(access.path);
  return document === undefined
    ? formatFailure("NotFound", "the server could not find the requested resource")
    : { status: 200, body: document };
}

async function readObject(incoming: IncomingMessage): Promise<JsonObject> {
  const bytes = await readBytes(incoming);
  try {
    // kubectl sends protobuf where it can: of what is read here, only reviews of access.
    const body: unknown = isProtobuf(bytes) ? parseAccessReview(bytes) : JSON.parse(bytes.toString("utf8"));
    return isJsonObject(body) ? body : {};
  } catch {
    return {};
  }
}

function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}

/** Starts an API server that speaks enough of Kubernetes for kubectl. Anonymous requests are refused. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { certificateAuthority, jwt, rules = [], namespaces = defaultNamespaces, now = () => new Date() } = options;
  const cluster: Cluster = { rules, namespaces, startedAt: now(), now };
  const authenticate = createAuthenticator({ jwt, clientAuthorityPem: certificateAuthority.certificatePem, now });
  const requests: string[] = [];
  const refusals: string[] = [];
  const tokens = new Set<string>();
  let unauthorized = 0;

  const answer = async (incoming: IncomingMessage): Promise<ApiAnswer> => {
    const token = findBearerToken(incoming);
    if (token !== undefined) tokens.add(hashToken(token));
    const body = await readObject(incoming);
    const authentication = await authenticate(incoming);
    if (authentication.kind === "user") {
      const isTableWanted = /;as=Table;v=v1;g=meta\.k8s\.io/.test(incoming.headers.accept ?? "");
      return answerUser(cluster, incoming, { user: authentication.user, isTableWanted, body });
    }
    unauthorized += 1;
    refusals.push(authentication.kind === "refused" ? authentication.reason : "no credential");
    return formatFailure("Unauthorized", "Unauthorized");
  };

  const certificate = await certificateAuthority.issueServer();
  const clientAuthorityPem = certificateAuthority.certificatePem;
  const respond = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(`${incoming.method ?? "GET"} ${incoming.url ?? "/"}`);
    const { status, body } = await answer(incoming);
    sendJson(response, status, body);
  };
  const server = await startLoopbackServer({ port: options.port, certificate, clientAuthorityPem }, respond);
  return {
    url: server.origin,
    port: server.port,
    certificateAuthorityPem: certificateAuthority.certificatePem,
    get counts() {
      return { requests: requests.length, unauthorized, tokens: tokens.size };
    },
    requests,
    refusals,
    close: async () => await server.close(),
  };
}
