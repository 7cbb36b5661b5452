import { expect, test } from "vitest";
import { mergeAwsTexts } from "./aws-files.ts";
import { chooseSource } from "./choose-source.ts";

const files = mergeAwsTexts("[default]\nregion=us-east-1\n", "");
const noFiles = mergeAwsTexts("", "");
const keys = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "x" };
const web = { AWS_WEB_IDENTITY_TOKEN_FILE: "/t", AWS_ROLE_ARN: "arn:aws:iam::1:role/r" };
const relative = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/x" };
const full = { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1/credentials" };

test.each([
  ["the option over everything", "work", { ...keys, AWS_PROFILE: "other", ...web }, files, { kind: "profile", name: "work" }],
  [
    "keys over AWS_PROFILE",
    undefined,
    { ...keys, AWS_PROFILE: "other" },
    files,
    { kind: "environment", accessKeyId: "AKIAEXAMPLE", isTemporary: false },
  ],
  [
    "keys of a session",
    undefined,
    { ...keys, AWS_SESSION_TOKEN: "t" },
    files,
    { kind: "environment", accessKeyId: "AKIAEXAMPLE", isTemporary: true },
  ],
  ["AWS_PROFILE over a web identity", undefined, { AWS_PROFILE: "p", ...web }, files, { kind: "profile", name: "p" }],
  ["AWS_DEFAULT_PROFILE", undefined, { AWS_DEFAULT_PROFILE: "d" }, files, { kind: "profile", name: "d" }],
  [
    "a web identity over the default profile",
    undefined,
    web,
    files,
    { kind: "web-identity", tokenFile: "/t", roleArn: "arn:aws:iam::1:role/r" },
  ],
  ["the default profile over a container", undefined, full, files, { kind: "profile", name: "default" }],
  ["a container", undefined, full, noFiles, { kind: "container", url: "http://169.254.170.23/v1/credentials" }],
  ["a container of ECS", undefined, { ...relative, ...full }, noFiles, { kind: "container", url: "http://169.254.170.2/v2/x" }],
  ["the machine", undefined, {}, noFiles, { kind: "instance" }],
  ["empty variables count as unset", undefined, { AWS_ACCESS_KEY_ID: "", AWS_PROFILE: "" }, noFiles, { kind: "instance" }],
] as const)("%s", (_what, profile, variables, given, source) => {
  expect(chooseSource(profile, variables, given).source).toEqual({
    ...source,
    ...(source.kind === "web-identity" ? { sessionName: undefined } : {}),
  });
});

test("the reason says what was passed over", () => {
  expect(chooseSource(undefined, { ...keys, AWS_PROFILE: "p" }, files).reason).toContain("they win over AWS_PROFILE");
  expect(chooseSource(undefined, keys, files).reason).not.toContain("AWS_PROFILE");
});
