import { expect, test } from "vitest";
import { findSsoOrigin } from "./sso-connection.ts";

test.each([
  ["us-west-2", false, false, "https://oidc.us-west-2.amazonaws.com"],
  ["us-west-2", true, false, "https://oidc-fips.us-west-2.amazonaws.com"],
  ["us-west-2", false, true, "https://oidc.us-west-2.api.aws"],
  ["us-west-2", true, true, "https://oidc-fips.us-west-2.api.aws"],
  ["us-gov-west-1", true, false, "https://oidc.us-gov-west-1.amazonaws.com"],
  ["us-gov-west-1", true, true, "https://oidc-fips.us-gov-west-1.api.aws"],
  ["cn-north-1", false, false, "https://oidc.cn-north-1.amazonaws.com.cn"],
  ["cn-north-1", false, true, "https://oidc.cn-north-1.api.amazonwebservices.com.cn"],
])("IAM Identity Center of %s, FIPS %s, IPv6 %s, is at %s", (region, isFips, isDualStack, origin) => {
  expect(findSsoOrigin(region, { isFips, isDualStack })).toBe(origin);
});

test.each(["", "EU", "us-west-2.attacker.example", "us-west-2/"])("there is none in %j", (region) => {
  expect(() => findSsoOrigin(region, { isFips: false, isDualStack: false })).toThrow(/no known partition/);
});
