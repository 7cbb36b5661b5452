import { describe, expect, it } from "vitest";
import { type AwsIamVerifierOptions, mapToUser } from "./aws-iam-verifier.ts";
import type { CallerIdentity } from "./caller-identity.ts";
import type { BackendView } from "./mapping/map-identity.ts";
import { MappingIndex } from "./mapping/mapping-index.ts";
import { parseAwsAuth } from "./mapping/parse-mapping.ts";
import { identityOf } from "./test-support/tokens.ts";

const account = "123456789012";
const session = (name: string, sessionName = "me"): CallerIdentity =>
  identityOf(`arn:aws:sts::${account}:assumed-role/${name}/${sessionName}`);

function view(
  name: BackendView["name"],
  data: Readonly<Record<string, unknown>> | undefined,
  reserved: readonly string[] = [],
): BackendView {
  return { name, index: data === undefined ? undefined : new MappingIndex(parseAwsAuth(data)), reservedPrefixes: reserved };
}

const roles = (...entries: readonly object[]): Readonly<Record<string, unknown>> => ({ mapRoles: JSON.stringify(entries) });
const entry = (name: string, username: string, groups: readonly string[] = []): object => ({
  rolearn: `arn:aws:iam::${account}:role/${name}`,
  username,
  groups,
});

type Options = Pick<AwsIamVerifierOptions, "scrubbedAccounts" | "findPrivateDnsName">;
const options: Options = {
  scrubbedAccounts: new Set(),
  findPrivateDnsName: async (id) => {
    if (id === "i-0000000000000000a") return { kind: "uncertain", message: "EC2 is down" };
    return id === "i-12345678" ? { kind: "found", name: "ip-1.internal" } : { kind: "unknown" };
  },
};

async function map(identity: CallerIdentity, backends: readonly BackendView[], rest: Partial<Options> = {}): Promise<string> {
  const verdict = await mapToUser(identity, backends, { ...options, ...rest });
  return verdict.kind === "mapped" ? [verdict.user.username, ...verdict.user.groups].join(" ") : verdict.code;
}

describe("the chain of backends", () => {
  it("asks in order, and the first rule decides", async () => {
    const backends = [view("CRD", roles(entry("A", "first"))), view("EKSConfigMap", roles(entry("A", "second"), entry("B", "b")))];
    expect(await map(session("A"), backends)).toBe("first");
    expect(await map(session("B"), backends)).toBe("b");
    expect(await map(session("C"), backends)).toBe("MAPPING_ABSENT");
  });

  it("lets an account in before a later backend's rule, as aws-iam-authenticator does", async () => {
    const backends = [view("MountedFile", { mapAccounts: `["${account}"]` }), view("EKSConfigMap", roles(entry("A", "later")))];
    expect(await map(session("A"), backends)).toBe(`arn:aws:iam::${account}:role/A`);
  });

  it("knows nothing while a backend before has not been read: what a later one says could be wrong", async () => {
    expect(await map(session("A"), [view("EKSConfigMap", undefined), view("CRD", roles(entry("A", "admin")))])).toBe("MAPPING_UNREAD");
    expect(await map(session("A"), [view("CRD", roles(entry("A", "a"))), view("EKSConfigMap", undefined)])).toBe("a");
  });

  it("aia 1f4ef7d3: guards reserved prefixes after every mapping, and the refusal is final", async () => {
    const backends = [
      view("EKSConfigMap", roles(entry("A", "system:{{SessionName}}")), ["system:"]),
      view("CRD", roles(entry("A", "other"))),
    ];
    expect(await map(session("A"), backends)).toBe("NAME_RESERVED");
    expect(await map(session("A"), [view("MountedFile", { mapAccounts: `["${account}"]` }, ["arn:"])])).toBe("NAME_RESERVED");
    expect(await map(session("A"), [view("EKSConfigMap", roles(entry("A", "a")), [""])])).toBe("a");
  });
});

describe("templates", () => {
  it.each([
    [
      "{{AccountID}}:{{SessionName}}:{{SessionNameRaw}}:{{AccessKeyID}}",
      "me@example.com",
      `${account}:me-example.com:me@example.com:ASIAEXAMPLE`,
    ],
    ["system:node:{{EC2PrivateDNSName}}", "i-12345678", "system:node:ip-1.internal"],
    ["system:node:{{EC2PrivateDNSName}}", "i-87654321", "INSTANCE_UNKNOWN"],
    ["system:node:{{EC2PrivateDNSName}}", "somebody", "INSTANCE_UNKNOWN"],
    ["system:node:{{EC2PrivateDNSName}}", "i-0000000000000000a", "EC2_UNAVAILABLE"],
    ["{{Unknown}}", "me", "{{Unknown}}"],
    ["{{SessionName}}", "$&$1$$", "$&$1$$"],
    ["{{SessionName}}", "{{AccountID}}", "{{AccountID}}"],
    ["{{SessionName}}{{AccountID}}", "{{Access", `{{Access${account}`],
    ["", "me", "NAME_EMPTY"],
  ])("%j for %j gives %j", async (username, sessionName, expected) => {
    expect(
      await map(identityOf(`arn:aws:sts::${account}:assumed-role/A/x`, { sessionName }), [view("CRD", roles(entry("A", username)))]),
    ).toBe(expected);
  });

  it("are filled in for groups too", async () => {
    expect(await map(session("A"), [view("CRD", roles(entry("A", "a", ["g-{{SessionName}}", "x"])))])).toBe("a g-me x");
  });
});

describe("the user", () => {
  it("has uid and extra of aws-iam-authenticator's shape", async () => {
    const verdict = await mapToUser(session("A"), [view("CRD", roles(entry("A", "a")))], options);
    expect(verdict).toEqual({
      kind: "mapped",
      user: {
        username: "a",
        groups: [],
        uid: `aws-iam-authenticator:${account}:AROAEXAMPLE`,
        extra: {
          arn: [`arn:aws:sts::${account}:assumed-role/A/me`],
          canonicalArn: [`arn:aws:iam::${account}:role/A`],
          sessionName: ["me"],
          accessKeyId: ["ASIAEXAMPLE"],
          principalId: ["AROAEXAMPLE"],
          "sigs.k8s.io/aws-iam-authenticator/principalId": ["AROAEXAMPLE"],
        },
      },
    });
  });

  it("of a scrubbed account tells nothing of it", async () => {
    const verdict = await mapToUser(session("A"), [view("CRD", roles(entry("A", "a")))], {
      ...options,
      scrubbedAccounts: new Set([account]),
    });
    expect(verdict).toEqual({
      kind: "mapped",
      user: { username: "a", groups: [], uid: "aws-iam-authenticator:administrative:a", extra: {} },
    });
  });
});
