import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCredentialError } from "@kubepass/wire";
import { judgeDeviceAnswer, parseDeviceAuthorization } from "./device-code-answer.ts";

const usual = { device_code: "d", user_code: "WDJB-MJHT", verification_uri: "https://issuer.example/device", expires_in: 900, interval: 7 };

describe("an answer to a poll means", () => {
  it.each([
    [200, { id_token: "x" }, { kind: "granted" }],
    [400, { error: "authorization_pending" }, { kind: "pending" }],
    [400, { error: "slow_down" }, { kind: "slow-down" }],
    [429, { error: "slow_down" }, { kind: "slow-down" }],
    [400, { error: "access_denied", error_description: "no\u001b[2J" }, { kind: "denied", description: "no[2J" }],
    [403, { error: "access_denied" }, { kind: "denied", description: undefined }],
    [400, { error: "expired_token" }, { kind: "expired" }],
    [400, { error: "invalid_grant" }, { kind: "unusable", issuerError: "invalid_grant", isPassing: false }],
    [401, { error: "invalid_client" }, { kind: "unusable", issuerError: "invalid_client", isPassing: false }],
    [404, undefined, { kind: "unusable", issuerError: "status 404", isPassing: false }],
    [400, "nonsense", { kind: "unusable", issuerError: "status 400", isPassing: false }],
    [400, { error: 7 }, { kind: "unusable", issuerError: "status 400", isPassing: false }],
    [503, undefined, { kind: "unusable", issuerError: "status 503", isPassing: true }],
    [429, {}, { kind: "unusable", issuerError: "status 429", isPassing: true }],
    [400, { error: "temporarily_unavailable" }, { kind: "unusable", issuerError: "temporarily_unavailable", isPassing: true }],
    [302, undefined, { kind: "unusable", issuerError: "status 302", isPassing: false }],
  ])("status %i with %o: %o", (status, body, answer) => {
    expect(judgeDeviceAnswer(status, body)).toEqual(answer);
  });
});

describe("the answer of the device endpoint", () => {
  it.each([
    [
      "as the standard says",
      usual,
      { verificationUrl: "https://issuer.example/device", completeUrl: undefined, expiresInSeconds: 900, intervalSeconds: 7 },
    ],
    [
      "with Google's older name",
      { ...usual, verification_uri: undefined, verification_url: "https://www.google.com/device" },
      { verificationUrl: "https://www.google.com/device" },
    ],
    [
      "with a complete address",
      { ...usual, verification_uri_complete: "https://issuer.example/device?c=1" },
      { completeUrl: "https://issuer.example/device?c=1" },
    ],
    ["with numbers as text", { ...usual, expires_in: "60", interval: "9" }, { expiresInSeconds: 60, intervalSeconds: 9 }],
    ["without times", { ...usual, expires_in: undefined, interval: undefined }, { expiresInSeconds: 600, intervalSeconds: 5 }],
    [
      "with more time than anybody has",
      { ...usual, expires_in: 1e300, interval: 1e9 },
      { expiresInSeconds: 86_400, intervalSeconds: 86_400 },
    ],
    ["with an interval below a second", { ...usual, interval: 0.01 }, { intervalSeconds: 1 }],
    ["with a negative interval", { ...usual, interval: -3 }, { intervalSeconds: 5 }],
    ["with a hostile code", { ...usual, user_code: "\u001b[31mAB\u202eCD" }, { userCode: "[31mABCD" }],
  ])("is read %s", (_, body, read) => {
    expect(parseDeviceAuthorization(body, false)).toMatchObject(read);
  });

  it.each([
    ["no JSON", undefined],
    ["a list", []],
    ["no device code", { ...usual, device_code: undefined }],
    ["no user code", { ...usual, user_code: "" }],
    ["an invisible user code", { ...usual, user_code: "\u200b" }],
    ["no address", { ...usual, verification_uri: undefined }],
    ["an http address", { ...usual, verification_uri: "http://issuer.example/device" }],
    ["a file as address", { ...usual, verification_uri: "file:///etc/passwd" }],
    ["a program as complete address", { ...usual, verification_uri_complete: "ms-msdt:/id" }],
    ["a relative address", { ...usual, verification_uri: "/device" }],
  ])("is refused with %s", (_, body) => {
    expect(() => parseDeviceAuthorization(body, false)).toThrow(expect.objectContaining({ code: "RESPONSE_INVALID" }));
  });

  it("whatever it is, the reader throws nothing but its own error", () => {
    const findSurprise = (body: unknown): unknown => {
      try {
        parseDeviceAuthorization(body, true);
        return undefined;
      } catch (error) {
        return isCredentialError(error, "RESPONSE_INVALID") ? undefined : error;
      }
    };
    fc.assert(
      fc.property(fc.anything(), (body) => {
        expect(findSurprise(body)).toBeUndefined();
        expect(judgeDeviceAnswer(400, body).kind).toBeTypeOf("string");
      }),
    );
  });
});
