import { expect, test } from "vitest";
import { chooseGrant, type GrantSituation } from "./choose-grant.ts";

const situation: GrantSituation = {
  wanted: "auto",
  canOpenBrowser: true,
  canAnswer: true,
  hasAuthorizationEndpoint: true,
  hasDeviceEndpoint: true,
};

test.each<[string, Partial<GrantSituation>, string]>([
  ["a browser here", {}, "authorization-code"],
  ["a browser here, but nothing can be pasted", { canAnswer: false }, "authorization-code"],
  ["a remote shell in which the person can paste", { canOpenBrowser: false }, "authorization-code"],
  ["neither browser nor paste", { canOpenBrowser: false, canAnswer: false }, "device-code"],
  [
    "neither browser nor paste nor device code",
    { canOpenBrowser: false, canAnswer: false, hasDeviceEndpoint: false },
    "authorization-code",
  ],
  ["an issuer with device codes only", { hasAuthorizationEndpoint: false }, "device-code"],
  ["a wish for device codes", { wanted: "device-code" }, "device-code"],
  [
    "a wish for the browser where there is none",
    { wanted: "authorization-code", canOpenBrowser: false, canAnswer: false },
    "authorization-code",
  ],
])("with %s the grant is chosen and the reason said", (_what, change, grant) => {
  const chosen = chooseGrant({ ...situation, ...change });
  expect(chosen.grant).toBe(grant);
  expect(chosen.reason).not.toBe("");
});

test.each<[string, Partial<GrantSituation>, string]>([
  ["device codes", { wanted: "device-code", hasDeviceEndpoint: false }, "device-authorization-endpoint"],
  ["a browser sign-in", { wanted: "authorization-code", hasAuthorizationEndpoint: false }, "authorization-endpoint"],
  ["anything", { hasAuthorizationEndpoint: false, hasDeviceEndpoint: false }, "authorization-endpoint"],
])("an issuer that does not offer %s is named with the option that helps", (_what, change, option) => {
  expect(() => chooseGrant({ ...situation, ...change })).toThrow(
    expect.objectContaining({ code: "GRANT_UNSUPPORTED", hint: expect.stringContaining(option) }),
  );
});
