import { account, type World } from "./checklist-world.ts";
import { testNow } from "./tokens.ts";

/** The order in which things are looked at: of two violations the one that is seen first decides. */
const stages = [
  "length",
  "form",
  "partition",
  "region",
  "time",
  "transport",
  "envelope",
  "arn",
  "account",
  "home",
  "user id",
  "mapping",
] as const;
type Stage = (typeof stages)[number];

/** One thing that is wrong. */
export interface Violation {
  /** Of research on aws-iam-authenticator's checks: 1 to 24 are its own, `host` its list of hosts, `own` what it does not check. */
  readonly row: string;
  readonly what: string;
  /** What of the world it changes: two that change the same are no pair. */
  readonly part: string;
  readonly stage: Stage;
  readonly code: string;
  readonly violate: (world: World) => void;
}

const list: Violation[] = [];
function add(row: string, part: string, stage: Stage, code: string, cases: Record<string, (world: World) => void>): void {
  for (const [what, violate] of Object.entries(cases)) list.push({ row, what, part, stage, code, violate });
}
const set =
  (name: string, value: string | null | undefined) =>
  (world: World): void => {
    world.parameters[name] = value;
  };
const host =
  (text: string) =>
  (world: World): void => {
    world.host = text;
  };
const place =
  (text: string, region: string) =>
  (world: World): void => {
    world.host = text;
    world.parameters["X-Amz-Credential"] = `ASIAEXAMPLE%2F20300101%2F${region}%2Fsts%2Faws4_request`;
  };
const credential = (text: string) => set("X-Amz-Credential", text);
const encode =
  (change: (encoded: string) => string) =>
  (world: World): void => {
    const before = world.encode;
    world.encode = (url) => change(before(url));
  };
const give =
  (fields: Partial<World>) =>
  (world: World): void =>
    void Object.assign(world, fields);
const answer = (status: number, body = "", type = "application/json"): ((world: World) => void) => give({ answer: { status, type, body } });
const failure = (code: string): string => JSON.stringify({ Error: { Code: code } });
const bad = "TOKEN_MALFORMED";

add("1", "tail", "length", "TOKEN_TOO_LONG", { "more than 16 KiB": give({ tail: "A".repeat(16_384) }) });
add("2", "prefix", "form", bad, {
  "another version": give({ prefix: "k8s-aws-v2." }),
  "upper case": give({ prefix: "K8S-AWS-V1." }),
  none: give({ prefix: "" }),
});
add("3", "encoding", "form", bad, {
  padding: encode((text) => `${text}=`),
  "a line end, which Go skips": encode((text) => `${text}\r\n`),
  "a blank, which Buffer skips": encode((text) => `${text.slice(0, 9)} ${text.slice(9)}`),
  "the other alphabet": encode((text) => `${text.slice(0, -4)}++//`),
  // Buffer does not look at the bits that the last character has to spare, where it has some.
  "loose final bits": encode((text) =>
    text.length % 4 === 0 ? `${text}=` : text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1),
  ),
  nothing: encode(() => ""),
});
add("4", "form", "form", bad, {
  "no slashes": give({ form: (scheme, authority, path, query) => `${scheme}:${authority}${path}?${query}` }),
  "a slash too many": give({ form: (scheme, authority, path, query) => `${scheme}:///${authority}${path}?${query}` }),
  "a blank before": give({ form: (scheme, authority, path, query) => ` ${scheme}://${authority}${path}?${query}` }),
  "a tab inside": give({ form: (scheme, authority, path, query) => `${scheme}:/\t/${authority}${path}?${query}` }),
  "no URL": give({ form: () => "sts" }),
});
add("5", "scheme", "form", bad, { http: give({ scheme: "http" }), "upper case": give({ scheme: "HTTPS" }), ftp: give({ scheme: "ftp" }) });
add("6", "host", "form", bad, { "another service": host("ec2.us-west-2.amazonaws.com"), "nobody's": host("sts.us-west-2.example.com") });
add("host", "host", "form", bad, {
  "a foreign suffix": host("sts.us-west-2.amazonaws.com.example.com"),
  "a VPC endpoint": host("vpce-1.sts.us-west-2.vpce.amazonaws.com"),
  "a port": host("sts.us-west-2.amazonaws.com:443"),
  "a final dot": host("sts.us-west-2.amazonaws.com."),
  "upper case": host("STS.us-west-2.amazonaws.com"),
  "two labels": host("sts.com"),
  "no region": host("sts..amazonaws.com"),
  "a region with a hyphen first": host("sts.-us-west-2.amazonaws.com"),
  "a region of no form": host("sts.not-a-region.amazonaws.com"),
  "China's suffix for another region": host("sts.us-west-2.amazonaws.com.cn"),
  "the suffix of a dual stack for China": host("sts.cn-north-1.api.aws"),
  "global in China": host("sts.amazonaws.com.cn"),
  "an escaped dot": host("sts%2eus-west-2.amazonaws.com"),
  "the global host under another region's scope": host("sts.amazonaws.com"),
  "FIPS under another name": host("sts-fips2.us-west-2.amazonaws.com"),
});
add("host", "host and scope", "partition", "TOKEN_PARTITION", {
  China: place("sts.cn-north-1.amazonaws.com.cn", "cn-north-1"),
  "GovCloud, whose suffix is the same": place("sts.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
});
add("host", "host and scope", "region", "TOKEN_REGION", {
  "a region that AWS does not have": place("sts.xx-made-1.amazonaws.com", "xx-made-1"),
});
add("7", "path", "form", bad, {
  none: give({ path: "" }),
  longer: give({ path: "/x" }),
  "one that folds": give({ path: "/a/.." }),
  escaped: give({ path: "/%2e" }),
});
add("8", "more", "form", bad, {
  "an escape that is none": give({ more: "&Version=%zz" }),
  "an empty part": give({ more: "&" }),
  "a plus": give({ more: "&Version=2011+06" }),
});
add("8", "separator", "form", bad, { semicolons: give({ separator: ";" }) });
add("9", "more", "form", bad, {
  "a name twice": give({ more: "&X-Amz-Security-Token=x" }),
  "a name twice in other case": give({ more: "&action=AssumeRole" }),
  "a credential in other case": give({ more: "&x-amz-credential=AKIAVICTIM" }),
});
add("10", "more", "form", bad, {
  "an unknown name": give({ more: "&RoleArn=x" }),
  "an escaped name": give({ more: "&%41ction=x" }),
  "a prototype": give({ more: "&__proto__=x" }),
});
add("11", "version", "form", bad, { "a name without a value": set("Version", null) });
add("12", "action", "form", bad, {
  another: set("Action", "GetSessionToken"),
  none: set("Action", undefined),
  "in other case": set("Action", "getcalleridentity"),
  "with a NUL": set("Action", "GetCallerIdentity%00"),
});
add("13", "signed headers", "form", bad, { "no cluster": set("X-Amz-SignedHeaders", "host"), none: set("X-Amz-SignedHeaders", undefined) });
add("14", "expires", "form", bad, {
  "901": set("X-Amz-Expires", "901"),
  "below zero": set("X-Amz-Expires", "-1"),
  "no number": set("X-Amz-Expires", "6e1"),
  none: set("X-Amz-Expires", undefined),
});
add("15", "date", "form", bad, {
  none: set("X-Amz-Date", undefined),
  "of another form": set("X-Amz-Date", "2030-01-01T00%3A00%3A00Z"),
  "that does not exist": set("X-Amz-Date", "20300101T250000Z"),
});
add("16", "clock", "time", "TOKEN_EXPIRED", {
  "a quarter of an hour later": give({ now: new Date(testNow.getTime() + 900_000) }),
  "an hour later": give({ now: new Date(testNow.getTime() + 3_600_000) }),
});
add("17", "credential", "form", bad, {
  "no access key id": credential("%2F20300101%2Fus-west-2%2Fsts%2Faws4_request"),
  "an access key id with a template": credential("%7B%7B%2F20300101%2Fus-west-2%2Fsts%2Faws4_request"),
  nothing: set("X-Amz-Credential", undefined),
});
add("18", "answer", "envelope", "STS_REDIRECTED", { "a redirect": answer(302) });
add("19", "answer", "transport", "STS_UNREACHABLE", {
  "no connection": give({ answer: new Error("https://sts.us-west-2.amazonaws.com/?X-Amz-Signature") }),
});
add("20", "answer", "envelope", "STS_ANSWER_INVALID", {
  "a page": answer(200, "<html>", "text/html"),
  nothing: answer(200),
  "no type": answer(200, "{}", ""),
});
add("21", "answer", "envelope", "STS_REFUSED", {
  "403": answer(403, failure("SignatureDoesNotMatch")),
  "an ended session": answer(403, failure("ExpiredToken")),
});
add("21", "answer", "envelope", "STS_THROTTLED", { throttling: answer(400, failure("Throttling")), "429": answer(429) });
add("21", "answer", "envelope", "STS_UNAVAILABLE", { "500": answer(500), "503": answer(503) });
add("21", "answer", "envelope", "STS_ANSWER_INVALID", {
  "201": answer(201, failure("x")),
  "403 of somebody else": answer(403, "<h1>no</h1>", "text/html"),
});
add("22", "answer", "envelope", "STS_ANSWER_INVALID", {
  "another shape": answer(200, '{"Arn":"a","Account":"b","UserId":"c"}'),
  "another action's answer": answer(200, '{"AssumeRoleResponse":{"GetCallerIdentityResult":{}}}'),
});
add("23", "arn", "arn", "STS_ANSWER_INVALID", {
  "no ARN": give({ arn: "Admin" }),
  "two parts": give({ arn: `arn:aws:sts::${account}:assumed-role/Admin` }),
  "another service": give({ arn: `arn:aws:s3::${account}:assumed-role/Admin/me` }),
  "an unknown partition": give({ arn: `arn:aws-moon:sts::${account}:assumed-role/Admin/me` }),
});
add("24", "user id", "user id", "STS_ANSWER_INVALID", {
  "three parts": give({ userId: "AROAEXAMPLE:me:x" }),
  "one part": give({ userId: "AROAEXAMPLE" }),
});
add("own: user", "user", "form", bad, {
  "a user before the host": give({ user: "x@" }),
  "a user like a host": give({ user: "sts.us-west-2.amazonaws.com@" }),
});
add("own: fragment", "fragment", "form", bad, { "a fragment": give({ fragment: "#x" }) });
add("own: version", "version", "form", bad, { "another version": set("Version", "2010-05-08"), none: set("Version", undefined) });
add("own: algorithm", "algorithm", "form", bad, {
  SigV4a: set("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256"),
  none: set("X-Amz-Algorithm", undefined),
});
add("own: scope", "credential", "form", bad, {
  "another service": credential("ASIAEXAMPLE%2F20300101%2Fus-west-2%2Fs3%2Faws4_request"),
  "another end": credential("ASIAEXAMPLE%2F20300101%2Fus-west-2%2Fsts%2Faws4"),
  "another day": credential("ASIAEXAMPLE%2F20300102%2Fus-west-2%2Fsts%2Faws4_request"),
  "another region": credential("ASIAEXAMPLE%2F20300101%2Feu-west-1%2Fsts%2Faws4_request"),
});
add("own: signed headers", "signed headers", "form", bad, {
  "one more": set("X-Amz-SignedHeaders", "accept%3Bhost%3Bx-k8s-aws-id"),
  "no host": set("X-Amz-SignedHeaders", "x-k8s-aws-id"),
});
add("own: signature", "signature", "form", bad, {
  short: set("X-Amz-Signature", "ab"),
  "upper case": set("X-Amz-Signature", "A".repeat(64)),
  none: set("X-Amz-Signature", undefined),
});
add("own: session token", "session token", "form", bad, {
  "a line end": set("X-Amz-Security-Token", "a%0Ab"),
  nothing: set("X-Amz-Security-Token", ""),
  "a letter beyond ASCII": set("X-Amz-Security-Token", "%C3%A9"),
});
add("own: future", "clock", "time", "TOKEN_NOT_YET_VALID", { "an hour before": give({ now: new Date(testNow.getTime() - 3_600_000) }) });
add("own: account", "account", "account", "STS_ANSWER_INVALID", {
  "another than in the ARN": give({ account: "210987654321" }),
  "eleven digits": give({ account: "12345678901" }),
});
add("own: partition", "arn", "home", "IDENTITY_PARTITION", { China: give({ arn: `arn:aws-cn:sts::${account}:assumed-role/Admin/me` }) });
add("own: session", "user id", "user id", "STS_ANSWER_INVALID", { "another than in the ARN": give({ userId: "AROAEXAMPLE:you" }) });
add("mapping", "arn", "mapping", "MAPPING_ABSENT", {
  "a role that nobody maps": give({ arn: `arn:aws:sts::${account}:assumed-role/Other/me` }),
});

/** Violations of every row. */
export const violations: readonly Violation[] = list;

// Violations of the host and the scope at once touch what those of either touch.
const shared = new Set(["host", "credential", "host and scope"]);
/** Whether two violations can be had at once. */
export const isPair = (one: Violation, other: Violation): boolean =>
  one.part !== other.part &&
  !(shared.has(one.part) && shared.has(other.part) && (one.part === "host and scope" || other.part === "host and scope"));

/** The model: whatever is seen first decides, and STS is asked only about a token without a flaw. */
export function predict(some: readonly Violation[]): { readonly code: string; readonly isAsked: boolean } {
  const [first] = some.toSorted((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage));
  return { code: first?.code ?? "verified", isAsked: first === undefined || stages.indexOf(first.stage) >= stages.indexOf("transport") };
}
