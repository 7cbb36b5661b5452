import { describe, expect, it } from "vitest";
import { mapToUser } from "./aws-iam-verifier.ts";
import { readMappingFile } from "./explain/read-mapping-file.ts";
import type { BackendView } from "./mapping/map-identity.ts";
import { MappingIndex } from "./mapping/mapping-index.ts";
import { parseAwsAuth, parseDynamicFile } from "./mapping/parse-mapping.ts";
import { emptyMappingSet } from "./mapping/rule.ts";
import { judgeCallerIdentity } from "./sts/judge-caller-identity.ts";
import { identityOf } from "./test-support/tokens.ts";

// What went wrong in other verifiers of such tokens. What a token itself says (CVE-2022-2385, CVE-2020-16250) is in
// judge-eks-token.test.ts, redirects and what errors tell of a URL in sts-client.test.ts.

const account = "123456789012";
const role = (name: string): string => `arn:aws:iam::${account}:role/${name}`;
const session = (name: string): string => `arn:aws:sts::${account}:assumed-role/${name}/me`;

function judge(arn: string, userId: string): string {
  const body = JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult: { Account: account, Arn: arn, UserId: userId } } });
  const verdict = judgeCallerIdentity(
    { status: 200, contentType: "application/json", body },
    { partition: "aws", accessKeyId: "ASIAEXAMPLE" },
  );
  return verdict.kind === "identified" ? verdict.identity.userId : verdict.code;
}

async function map(arn: string, userId: string, view: Omit<BackendView, "reservedPrefixes">): Promise<string> {
  const options = {
    scrubbedAccounts: new Set<string>(),
    findPrivateDnsName: async () => await Promise.resolve({ kind: "unknown" } as const),
  };
  const verdict = await mapToUser(identityOf(arn, { userId }), [{ ...view, reservedPrefixes: [] }], options);
  return verdict.kind === "mapped" ? verdict.user.username : verdict.code;
}

const strictFile = (entry: object): Omit<BackendView, "reservedPrefixes"> => {
  const set = parseDynamicFile(JSON.stringify({ mapRoles: [entry] }), true) ?? emptyMappingSet;
  return { name: "DynamicFile", index: new MappingIndex(set, true) };
};

describe("CVE-2020-16251, a forged identity in what another action repeats", () => {
  const forged = `{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Arn":"${session("Admin")}","Account":"${account}","UserId":"AROAEXAMPLE:me"}}}`;
  const xml = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${session("Admin")}</Arn><Account>${account}</Account><UserId>AROAEXAMPLE:me</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>`;
  const expected = { partition: "aws", accessKeyId: "ASIAEXAMPLE" };

  it.each([
    ["as text of another JSON answer", "application/json", JSON.stringify({ AssumeRoleWithWebIdentityResponse: { Subject: forged } })],
    ["as a part of another JSON answer", "application/json", `{"AssumeRoleWithWebIdentityResponse":${forged}}`],
    ["as a part of another XML answer", "text/xml", `<AssumeRoleWithWebIdentityResponse>${xml}</AssumeRoleWithWebIdentityResponse>`],
    ["as the result of another action", "text/xml", xml.replaceAll("CallerIdentityResponse", "SessionTokenResponse")],
    ["in a comment", "text/xml", `<GetCallerIdentityResponse><!--${xml}--></GetCallerIdentityResponse>`],
    ["in CDATA", "text/xml", `<AssumeRoleResponse><![CDATA[${xml}]]></AssumeRoleResponse>`],
    ["before the true root", "text/xml", `${xml}<ErrorResponse></ErrorResponse>`],
    ["as JSON that is said to be a page", "text/html", forged],
  ])("%s is nobody", (_, contentType, body) => {
    expect(judgeCallerIdentity({ status: 200, contentType, body }, expected)).toMatchObject({
      kind: "uncertain",
      code: "STS_ANSWER_INVALID",
    });
  });

  it.each([400, 403, 500])("in an answer with status %i is nobody", (status) => {
    expect(judgeCallerIdentity({ status, contentType: "application/json", body: forged }, expected).kind).not.toBe("identified");
  });
});

describe("aws-iam-authenticator's own mistakes", () => {
  it("9fa86f7d: a federated user's id is kept whole, for its first half is that of the account's root", async () => {
    const bob = `arn:aws:sts::${account}:federated-user/Bob`;
    expect(judge(bob, `${account}:Bob`)).toBe(`${account}:Bob`);
    expect(judge(bob, account)).toBe("STS_ANSWER_INVALID");
    expect(judge(`arn:aws:iam::${account}:root`, `${account}:Bob`)).toBe("STS_ANSWER_INVALID");
    const root = strictFile({ rolearn: `arn:aws:iam::${account}:root`, username: "root", userid: account });
    expect(await map(bob, `${account}:Bob`, root)).toBe("MAPPING_ABSENT");
  });

  it("c8789f67, 8309d673, 50a3dd92: an id lets nobody in whose ARN is another one, nor an ARN with another id", async () => {
    const file = strictFile({ rolearn: role("Admin"), username: "admin", userid: "AROA1" });
    expect(await map(session("Admin"), "AROA1", file)).toBe("admin");
    expect(await map(session("Other"), "AROA1", file)).toBe("MAPPING_MISMATCH");
    expect(await map(session("Admin"), "AROA2", file)).toBe("MAPPING_ABSENT");
    const set = parseAwsAuth({ mapRoles: JSON.stringify([{ rolearn: role("Admin"), username: "admin", userid: "AROA1" }]) });
    const pinned = { name: "EKSConfigMap", index: new MappingIndex(set) } as const;
    expect(await map(session("Admin"), "AROA1", pinned)).toBe("admin");
    expect(await map(session("Admin"), "AROA2", pinned)).toBe("MAPPING_MISMATCH");
    expect(await map(session("Other"), "AROA1", pinned)).toBe("MAPPING_ABSENT");
  });

  it("PR #103: a role's path is never a part of the name, and no name under another path or account", async () => {
    const text = JSON.stringify([{ rolearn: role("team/Admin"), username: "admin" }]);
    const view = { name: "EKSConfigMap", index: new MappingIndex(parseAwsAuth({ mapRoles: text })) } as const;
    expect(await map(session("Admin"), "AROA1", view)).toBe("admin");
    expect(await map(session("team"), "AROA1", view)).toBe("MAPPING_ABSENT");
    expect(await map(`arn:aws:sts::210987654321:assumed-role/Admin/me`, "AROA1", view)).toBe("MAPPING_ABSENT");
    expect(await map(`arn:aws:iam::${account}:user/Admin`, "AIDA1", view)).toBe("MAPPING_ABSENT");
  });

  it("its README: who may assume a role chooses the session's name, of which lint warns", () => {
    for (const template of ["{{SessionName}}", "{{SessionNameRaw}}", "system:node:{{EC2PrivateDNSName}}"]) {
      const file = readMappingFile(JSON.stringify({ mapRoles: [{ rolearn: role("Node"), username: template }] }));
      expect(file?.problems.map(({ code }) => code)).toEqual(["SESSION_NAME_CHOSEN"]);
    }
  });
});
