import { isCredentialError } from "@kubepass/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeSkew, findXmlText, parseCallerSessionName, parseCredentials, type StsAnswer } from "./sts-answer.ts";

const now = new Date("2026-03-01T12:00:00Z");
const question = { what: "AssumeRole of x", host: "sts.us-west-2.amazonaws.com", now };

function credentials(change: Readonly<Record<string, string>> = {}): string {
  const members = {
    AccessKeyId: "ASIAEXAMPLE",
    SecretAccessKey: "s/e+c",
    SessionToken: "t+o/k=",
    Expiration: "2026-03-01T13:00:00Z",
    ...change,
  };
  return Object.entries(members)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join("");
}

function answer(text: string, status = 200, serverTime = now): StsAnswer {
  return { status, text, serverTime };
}

test("credentials are read, entities included", () => {
  const found = parseCredentials(answer(credentials({ SecretAccessKey: "a&amp;b&#x2f;c&#47;d" })), question);
  expect(found.secretAccessKey.reveal()).toBe("a&b/c/d");
  expect(found).toMatchObject({ accessKeyId: "ASIAEXAMPLE", expiresAt: new Date("2026-03-01T13:00:00Z") });
});

test.each([
  ["nothing", ""],
  ["two of a member", `${credentials()}<AccessKeyId>ASIAOTHER</AccessKeyId>`],
  ["an access key id with a slash", credentials({ AccessKeyId: "A/B" })],
  ["a secret with a line end", credentials({ SecretAccessKey: "a&#10;b" })],
  ["an empty session token", credentials({ SessionToken: "" })],
  ["a date that is none", credentials({ Expiration: "2026-13-41T99:00:00Z" })],
  ["a number for a date", credentials({ Expiration: "1772370000" })],
  ["a page", "<!doctype html><title>Log in</title>"],
  ["JSON", '{"AssumeRoleResponse":{}}'],
])("%s is no answer", (_what, text) => {
  expect(() => parseCredentials(answer(text), question)).toThrow(expect.objectContaining({ code: "RESPONSE_INVALID" }));
});

test.each([
  [403, "<Code>AccessDenied</Code><Message>no</Message>", "ISSUER_REFUSED"],
  [400, "<Code>Throttling</Code>", "ISSUER_UNREACHABLE"],
  [429, "", "ISSUER_UNREACHABLE"],
  [503, "<Code>ServiceUnavailable</Code>", "ISSUER_UNREACHABLE"],
  [403, "garbage", "ISSUER_REFUSED"],
  [204, "", "ISSUER_REFUSED"],
])("%i %s is %s", (status, text, code) => {
  expect(() => parseCredentials(answer(text, status), question)).toThrow(expect.objectContaining({ code }));
});

test("a refusal while the clock is off names the clock", () => {
  const late = answer("<Code>SignatureDoesNotMatch</Code>", 403, new Date("2026-03-01T11:00:00Z"));
  expect(() => parseCredentials(late, question)).toThrow(
    expect.objectContaining({ code: "CLOCK_SKEWED", message: expect.stringContaining("60 minutes ahead") as string }),
  );
  expect(describeSkew(new Date("2026-03-01T12:04:00Z"), now)).toBeUndefined();
  expect(describeSkew(undefined, now)).toBeUndefined();
  expect(describeSkew(new Date("rubbish"), now)).toBeUndefined();
});

test("a message from outside cannot move the cursor or hide text", () => {
  expect(() => parseCredentials(answer("<Code>Acc\u001b[2Jess</Code><Message>\u202ex</Message>", 403), question)).toThrow(
    expect.objectContaining({ message: expect.not.stringMatching(/[\u001b\u202e]/) as string }),
  );
});

test.each([
  ["AROAEXAMPLE:anna@example.com", "anna@example.com"],
  ["AIDAEXAMPLE", undefined],
  ["123456789012:a:b", undefined],
])("the session name in %s is %s", (userId, name) => {
  expect(parseCallerSessionName(answer(`<UserId>${userId}</UserId>`), question)).toBe(name);
});

test("any answer gives credentials or an error of ours", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string().map((text) => credentials({ SessionToken: text })),
  );
  fc.assert(
    fc.property(texts, fc.integer({ min: 100, max: 599 }), (text, status) => {
      let failure: unknown;
      try {
        parseCredentials(answer(text, status), question);
      } catch (error) {
        failure = error;
      }
      expect(failure === undefined || isCredentialError(failure)).toBe(true);
      findXmlText(text, "Code");
    }),
  );
});
