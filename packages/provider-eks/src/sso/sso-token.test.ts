import { Secret } from "@kubepass/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatSsoToken, isSsoTokenUsable, parseSsoToken } from "./sso-token.ts";

const settings = { sessionName: "corp", startUrl: "https://corp.awsapps.com/start", region: "us-east-1", scopes: [] };
const token = {
  accessToken: new Secret("access"),
  expiresAt: new Date("2026-03-01T12:00:00Z"),
  refreshToken: new Secret("refresh"),
  clientId: "client",
  clientSecret: new Secret("secret"),
  registrationExpiresAt: new Date("2026-06-01T12:00:00Z"),
};

test("what is written is read back, in the form of AWS's tools", () => {
  const text = formatSsoToken(token, settings);
  expect(JSON.parse(text)).toMatchObject({ startUrl: settings.startUrl, expiresAt: "2026-03-01T12:00:00Z", refreshToken: "refresh" });
  expect(parseSsoToken(text)).toEqual(token);
});

test("the old form of an instant is read", () => {
  expect(parseSsoToken('{"accessToken":"a","expiresAt":"2026-03-01T12:00:00UTC"}')?.expiresAt).toEqual(token.expiresAt);
});

test.each([
  ["while it lasts", token, "2026-03-01T11:59:00Z", true],
  ["while it can be refreshed", token, "2026-03-01T12:01:00Z", true],
  ["when this program's registration is over", token, "2026-07-01T00:00:00Z", false],
  ["without a refresh token", { ...token, refreshToken: undefined }, "2026-03-01T12:01:00Z", false],
  ["without a registration", { ...token, clientSecret: undefined }, "2026-03-01T12:01:00Z", false],
  ["when there is none", undefined, "2026-03-01T11:59:00Z", false],
])("%s", (_what, found, now, isUsable) => {
  expect(isSsoTokenUsable(found, new Date(now))).toBe(isUsable);
});

test("any text gives a token or none", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const found = parseSsoToken(text);
      expect(found === undefined || !Number.isNaN(found.expiresAt.getTime())).toBe(true);
    }),
  );
});
