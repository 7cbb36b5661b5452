/** The endpoints of the issuer, by path. */
export const issuerPaths = {
  discovery: "/.well-known/openid-configuration",
  keys: "/keys",
  authorization: "/authorize",
  pushedAuthorization: "/par",
  token: "/token",
  userInfo: "/userinfo",
  revocation: "/revoke",
  introspection: "/introspect",
  deviceAuthorization: "/device/code",
  deviceVerification: "/device",
  endSession: "/logout",
} as const;

/** One of {@link issuerPaths}. */
export type IssuerEndpoint = keyof typeof issuerPaths;

const endpoints = [
  "discovery",
  "keys",
  "authorization",
  "pushedAuthorization",
  "token",
  "userInfo",
  "revocation",
  "introspection",
  "deviceAuthorization",
  "deviceVerification",
  "endSession",
] as const;

/** The endpoint at a path. */
export function findEndpoint(path: string): IssuerEndpoint | undefined {
  return endpoints.find((each) => issuerPaths[each] === path);
}

/** How often each endpoint was asked. */
export interface RequestCounts {
  discovery: number;
  keys: number;
  authorization: number;
  pushedAuthorization: number;
  userInfo: number;
  revocation: number;
  introspection: number;
  deviceAuthorization: number;
  deviceVerification: number;
  endSession: number;
  /** Requests to the token endpoint by `grant_type`, refused ones and device code polls included. */
  readonly token: Record<string, number>;
  /** Those of them that brought tokens. */
  readonly issued: Record<string, number>;
}

/** All at zero. */
export function createRequestCounts(): RequestCounts {
  return {
    discovery: 0,
    keys: 0,
    authorization: 0,
    pushedAuthorization: 0,
    userInfo: 0,
    revocation: 0,
    introspection: 0,
    deviceAuthorization: 0,
    deviceVerification: 0,
    endSession: 0,
    token: {},
    issued: {},
  };
}

/** Counts a request by its path; the token endpoint is counted where the grant is known. */
export function countRequest(counts: RequestCounts, path: string): void {
  const endpoint = findEndpoint(path);
  if (endpoint !== undefined && endpoint !== "token") counts[endpoint] += 1;
}

/** Adds one to a member. */
export function countGrant(counts: Record<string, number>, grant: unknown): void {
  const name = typeof grant === "string" ? grant : "none";
  counts[name] = (counts[name] ?? 0) + 1;
}
