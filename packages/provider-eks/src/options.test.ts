import type { OptionValues } from "@kubepass/plugin-sdk";
import { expect, test } from "vitest";
import { eksOptions, parseEksOptions } from "./options.ts";

const role = "arn:aws:iam::123456789012:role/path/admin";

test("one name is enough", () => {
  expect(parseEksOptions({ "cluster-name": "prod" })).toMatchObject({
    clusterId: "prod",
    roles: [],
    stsEndpoint: "auto",
    ssoGrant: "auto",
  });
  expect(parseEksOptions({ "cluster-id": "0f1e2d3c" })).toMatchObject({ clusterId: "0f1e2d3c" });
});

test("what is said of roles goes to each of them, the external id and the duration to the last", () => {
  const { roles } = parseEksOptions({
    "cluster-name": "c",
    "role-arn": [role, role],
    "external-id": "e-1",
    "role-duration": 900,
    "session-name": "anna",
  });
  expect(roles).toMatchObject([
    { arn: role, sessionName: "anna", externalId: undefined, durationSeconds: undefined },
    { arn: role, sessionName: "anna", externalId: "e-1", durationSeconds: 900 },
  ]);
});

test.each<[OptionValues, string]>([
  [{}, "cluster-name is missing"],
  [{ "cluster-name": "a", "cluster-id": "b" }, "cluster-name and cluster-id contradict each other"],
  [{ "cluster-name": " a" }, "the cluster's name must be printable ASCII without blanks at its ends"],
  [{ "cluster-name": "a\r\nx-evil: 1" }, "the cluster's name must be printable ASCII"],
  [{ "cluster-name": "c", region: "us-east-1.evil.example/" }, "region must be the name of a region"],
  [{ "cluster-name": "c", partition: "aws-moon" }, 'partition "aws-moon" does not exist'],
  [{ "cluster-name": "c", "role-arn": ["admin"] }, 'role-arn must be the ARN of a role, not "admin"'],
  [{ "cluster-name": "c", "role-arn": ["arn:aws:iam::123456789012:user/anna"] }, "role-arn must be the ARN of a role"],
  [{ "cluster-name": "c", "external-id": "x-1", "session-name": "anna" }, "external-id, session-name need role-arn"],
  [{ "cluster-name": "c", "role-duration": 900 }, "role-duration needs role-arn or mfa-serial"],
  [{ "cluster-name": "c", "role-arn": [role], "role-duration": 60 }, "role-duration must be from 900 to 43200 seconds"],
  [{ "cluster-name": "c", "role-arn": [role, role], "role-duration": 7200 }, "role-duration must be from 900 to 3600 seconds"],
  [{ "cluster-name": "c", "role-arn": [role], "session-name": "a b" }, "session-name must be 2 to 64"],
  [{ "cluster-name": "c", "role-arn": [role], "session-name": "ann", "forward-session-name": true }, "contradict each other"],
  [{ "cluster-name": "c", "role-arn": [role], "transitive-tag": ["x"] }, "transitive-tag names x, which session-tag does not set"],
  [{ "cluster-name": "c", "mfa-serial": "a b" }, "mfa-serial must be"],
  [{ "cluster-name": "c", "sts-endpoint-url": "http://sts.example" }, "sts-endpoint-url must be https"],
  [{ "cluster-name": "c", "sts-endpoint-url": "https://sts.example/path" }, "sts-endpoint-url must be a host and nothing more"],
  [{ "cluster-name": "c", "sts-endpoint-url": "ftp://x" }, "sts-endpoint-url must be an https URL"],
  [{ "cluster-name": "c", "sts-endpoint": "moon" }, "sts-endpoint must be one of"],
])("%j: %s", (values, problem) => {
  expect(() => parseEksOptions(values)).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(problem) as string }),
  );
});

test("all problems are told together", () => {
  expect(() => parseEksOptions({ region: "X", partition: "y" })).toThrow(
    /cluster-name is missing.*region must be.*partition|region must be.*partition/,
  );
});

test("no option may be set by a cluster: it could ask for a token of another one", () => {
  expect(eksOptions.filter((spec) => spec.isAllowedFromCluster === true)).toEqual([]);
});
