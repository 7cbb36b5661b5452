import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeCallerIdentity, type StsAnswer } from "./judge-caller-identity.ts";

const expected = { partition: "aws", accessKeyId: "ASIAEXAMPLE" };
const account = "123456789012";

function json(arn: string, userId: string, told = account): StsAnswer {
  const body = JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult: { Account: told, Arn: arn, UserId: userId } } });
  return { status: 200, contentType: "application/json", body };
}

function xml(body: string, status = 200): StsAnswer {
  return { status, contentType: "text/xml", body };
}

const xmlResult = `<GetCallerIdentityResult><Arn>arn:aws:iam::${account}:user/a&amp;b</Arn><UserId>AIDAEXAMPLE</UserId><Account>${account}</Account></GetCallerIdentityResult>`;
const metadata = "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>";

function judge(answer: StsAnswer): string {
  const verdict = judgeCallerIdentity(answer, expected);
  return verdict.kind === "identified"
    ? `${verdict.identity.canonicalArn} ${verdict.identity.userId} ${verdict.identity.sessionName}`
    : verdict.code;
}

describe("an answer of GetCallerIdentity", () => {
  it.each([
    [
      `arn:aws:sts::${account}:assumed-role/Admin/me@example.com`,
      "AROA1:me@example.com",
      `arn:aws:iam::${account}:role/Admin AROA1 me@example.com`,
    ],
    [`arn:aws:iam::${account}:user/team/Alice`, "AIDA1", `arn:aws:iam::${account}:user/team/Alice AIDA1 `],
    [`arn:aws:iam::${account}:root`, account, `arn:aws:iam::${account}:root ${account} `],
    [`arn:aws:sts::${account}:federated-user/Bob`, `${account}:Bob`, `arn:aws:sts::${account}:federated-user/Bob ${account}:Bob `],
  ])("identifies %s", (arn, userId, told) => {
    expect(judge(json(arn, userId))).toBe(told);
  });

  it("is taken as XML too", () => {
    const body = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n ${xmlResult}\n ${metadata}\n</GetCallerIdentityResponse>\n`;
    expect(judge(xml(body))).toBe(`arn:aws:iam::${account}:user/a&b AIDAEXAMPLE `);
    expect(judge(xml(`<?xml version="1.0"?>${body}`))).toContain("AIDAEXAMPLE");
  });

  it.each<[string, StsAnswer, string]>([
    ["another account than in the ARN", json(`arn:aws:iam::${account}:user/a`, "AIDA1", "210987654321"), "STS_ANSWER_INVALID"],
    ["another partition", json(`arn:aws-cn:iam::${account}:user/a`, "AIDA1"), "IDENTITY_PARTITION"],
    ["an unknown partition", json(`arn:aws-x:iam::${account}:user/a`, "AIDA1"), "STS_ANSWER_INVALID"],
    ["another session than in the ARN", json(`arn:aws:sts::${account}:assumed-role/Admin/me`, "AROA1:you"), "STS_ANSWER_INVALID"],
    ["three parts of the user id", json(`arn:aws:sts::${account}:assumed-role/Admin/me`, "AROA1:me:x"), "STS_ANSWER_INVALID"],
    ["no session", json(`arn:aws:sts::${account}:assumed-role/Admin/me`, "AROA1"), "STS_ANSWER_INVALID"],
    ["a bare role, which nobody can be", json(`arn:aws:iam::${account}:role/Admin`, "AROA1:me"), "STS_ANSWER_INVALID"],
    ["a user with root's id", json(`arn:aws:iam::${account}:user/a`, account), "STS_ANSWER_INVALID"],
    ["a federated user with root's id", json(`arn:aws:sts::${account}:federated-user/Bob`, account), "STS_ANSWER_INVALID"],
    [
      "a session that is a template",
      json(`arn:aws:sts::${account}:assumed-role/A/{{AccountID}}`, "AROA1:{{AccountID}}"),
      "STS_ANSWER_INVALID",
    ],
    ["a line break in the ARN", json(`arn:aws:iam::${account}:user/a\nb`, "AIDA1"), "STS_ANSWER_INVALID"],
    ["letters beyond ASCII", json(`arn:aws:iam::${account}:user/\u212Aim`, "AIDA1"), "STS_ANSWER_INVALID"],
    ["a service that has no identities", json(`arn:aws:s3::${account}:user/a`, "AIDA1"), "STS_ANSWER_INVALID"],
    [
      "members that are no text",
      { ...json("", ""), body: '{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Arn":1,"Account":2,"UserId":[]}}}' },
      "STS_ANSWER_INVALID",
    ],
    ["members through a prototype", { ...json("", ""), body: '{"__proto__":{"GetCallerIdentityResponse":{}}}' }, "STS_ANSWER_INVALID"],
    [
      "the result one level up",
      { ...json("", ""), body: `{"Arn":"arn:aws:iam::${account}:user/a","Account":"${account}","UserId":"AIDA1"}` },
      "STS_ANSWER_INVALID",
    ],
    ["nothing", { status: 200, contentType: "application/json", body: "" }, "STS_ANSWER_INVALID"],
    ["JSON under another type", { ...json(`arn:aws:iam::${account}:user/a`, "AIDA1"), contentType: "text/html" }, "STS_ANSWER_INVALID"],
    [
      "XML under the type of JSON",
      { ...xml(`<GetCallerIdentityResponse>${xmlResult}</GetCallerIdentityResponse>`), contentType: "application/json" },
      "STS_ANSWER_INVALID",
    ],
    ["another action's answer around it", xml(`<AssumeRoleResponse>${xmlResult}</AssumeRoleResponse>`), "STS_ANSWER_INVALID"],
    ["two results", xml(`<GetCallerIdentityResponse>${xmlResult}${xmlResult}</GetCallerIdentityResponse>`), "STS_ANSWER_INVALID"],
    ["two roots", xml(`<GetCallerIdentityResponse>${xmlResult}</GetCallerIdentityResponse><x></x>`), "STS_ANSWER_INVALID"],
    [
      "a DOCTYPE",
      xml(`<!DOCTYPE x [<!ENTITY a "b">]><GetCallerIdentityResponse>${xmlResult}</GetCallerIdentityResponse>`),
      "STS_ANSWER_INVALID",
    ],
    ["a comment", xml(`<GetCallerIdentityResponse><!-- x -->${xmlResult}</GetCallerIdentityResponse>`), "STS_ANSWER_INVALID"],
    ["an element left open", xml(`<GetCallerIdentityResponse>${xmlResult}`), "STS_ANSWER_INVALID"],
  ])("with %s is no identity", (_, answer, code) => {
    expect(judge(answer)).toBe(code);
  });

  it.each<[string, StsAnswer, string]>([
    ["throttling as JSON", { status: 400, contentType: "application/json", body: '{"Error":{"Code":"Throttling"}}' }, "STS_THROTTLED"],
    ["throttling as XML", xml("<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>", 400), "STS_THROTTLED"],
    ["status 429", { status: 429, contentType: "", body: "" }, "STS_THROTTLED"],
    [
      "the word alone in a refusal",
      { status: 403, contentType: "application/json", body: '{"Error":{"Code":"InvalidClientTokenId","Message":"Throttling"}}' },
      "STS_REFUSED",
    ],
    [
      "a wrong signature",
      { status: 403, contentType: "application/json", body: '{"Error":{"Code":"SignatureDoesNotMatch"}}' },
      "STS_REFUSED",
    ],
    ["ended credentials", xml("<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>", 403), "STS_REFUSED"],
    ["a page of somebody else", { status: 403, contentType: "text/html", body: "<h1>no</h1>" }, "STS_ANSWER_INVALID"],
    ["a redirect", { status: 302, contentType: "", body: "" }, "STS_REDIRECTED"],
    ["status 500", { status: 500, contentType: "", body: "" }, "STS_UNAVAILABLE"],
    ["status 201", { ...json(`arn:aws:iam::${account}:user/a`, "AIDA1"), status: 201 }, "STS_ANSWER_INVALID"],
  ])("%s", (_, answer, code) => {
    expect(judge(answer)).toBe(code);
  });

  it("never throws, whatever it holds", () => {
    const types = fc.constantFrom("application/json", "text/xml", "text/plain");
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string().map((text) => `<GetCallerIdentityResponse>${text}</GetCallerIdentityResponse>`),
    );
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), types, bodies, (status, contentType, body) => {
        expect(judgeCallerIdentity({ status, contentType, body }, expected).kind).not.toBe("identified");
      }),
    );
  });
});
