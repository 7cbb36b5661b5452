import { createToken, testNow } from "./tokens.ts";

/** The account of the world. */
export const account = "123456789012";
/** Its session token. */
export const sessionToken = "HUSHHUSH";
/** The signature of the token of a world. */
export const signature =
  /X-Amz-Signature=(\w{64})$/.exec(Buffer.from(createToken({ sessionToken }).slice(11), "base64url").toString())?.[1] ?? "";

/** A token and all around it, each part by itself, so that two violations cannot undo each other. */
export interface World {
  prefix: string;
  encode: (url: string) => string;
  tail: string;
  form: (scheme: string, authority: string, path: string, query: string) => string;
  scheme: string;
  user: string;
  host: string;
  path: string;
  fragment: string;
  /** Values as they stand in the query; `undefined` leaves a parameter out, and `null` its value. */
  parameters: Record<string, string | null | undefined>;
  more: string;
  separator: string;
  now: Date;
  answer: { status: number; type: string; body?: string } | Error;
  arn: string;
  account: string;
  userId: string;
}

/** A token without a flaw, and STS knowing it. */
export function createWorld(): World {
  return {
    prefix: "k8s-aws-v1.",
    encode: (url) => Buffer.from(url, "latin1").toString("base64url"),
    tail: "",
    form: (scheme, authority, path, query) => `${scheme}://${authority}${path}?${query}`,
    scheme: "https",
    user: "",
    host: "sts.us-west-2.amazonaws.com",
    path: "/",
    fragment: "",
    parameters: {
      Action: "GetCallerIdentity",
      Version: "2011-06-15",
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": "ASIAEXAMPLE%2F20300101%2Fus-west-2%2Fsts%2Faws4_request",
      "X-Amz-Date": "20300101T000000Z",
      "X-Amz-Expires": "60",
      "X-Amz-Security-Token": sessionToken,
      "X-Amz-SignedHeaders": "host%3Bx-k8s-aws-id",
      "X-Amz-Signature": signature,
    },
    more: "",
    separator: "&",
    now: testNow,
    answer: { status: 200, type: "application/json" },
    arn: `arn:aws:sts::${account}:assumed-role/Admin/me`,
    account,
    userId: "AROAEXAMPLE:me",
  };
}

/** The token of a world. */
export function writeToken(world: World): string {
  const pairs = Object.entries(world.parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [value === null ? name : `${name}=${value}`],
  );
  const query = pairs.join(world.separator) + world.more + world.fragment;
  return world.prefix + world.encode(world.form(world.scheme, world.user + world.host, world.path, query)) + world.tail;
}
