import { Secret } from "@kubepass/wire";
import { expect, it } from "vitest";
import type { DeviceAuthorization } from "./device-code-answer.ts";
import { drawQrCode, formatDeviceInvitation } from "./device-code-text.ts";

const authorization: DeviceAuthorization = {
  deviceCode: new Secret("device-code"),
  userCode: "WDJB-MJHT",
  verificationUrl: "https://issuer.example/device",
  completeUrl: "https://issuer.example/device?user_code=WDJB-MJHT",
  expiresInSeconds: 900,
  intervalSeconds: 5,
};
const usual = { issuer: "https://issuer.example/realm", cluster: "prod", authorization, qrCode: undefined, isBrowserOpened: false };

it("the invitation says who asks, where, for what, the code, and a warning", () => {
  expect(formatDeviceInvitation(usual)).toBe(`kubepass: sign in to issuer.example for cluster prod
Visit this address on any device and enter the code:

  https://issuer.example/device

  WDJB-MJHT

With the code filled in:

  https://issuer.example/device?user_code=WDJB-MJHT

Waiting 15 minutes.
Only enter a code that you asked for yourself, never one that others sent you.
`);
});

it("no line of its own words is wider than a usual terminal", () => {
  for (const line of formatDeviceInvitation(usual).split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

it("beside an opened browser the code is there to compare", () => {
  const text = formatDeviceInvitation({ ...usual, isBrowserOpened: true });
  expect(text).toContain("Opening your browser. Check that it shows this code; if nothing appears, visit:");
  expect(text).toContain("WDJB-MJHT");
});

it("the device code itself is never shown", () => {
  expect(formatDeviceInvitation({ ...usual, qrCode: "[qr]\n" })).not.toContain("device-code");
});

it("a QR code is drawn dark on light whatever the theme, and is as wide as it says", async () => {
  const drawn = (await drawQrCode("https://issuer.example/device?user_code=WDJB-MJHT", 80)) ?? "";
  const lines = drawn.trimEnd().split("\n");
  // A code for 49 bytes has 29 modules, and a quiet zone of two on each side; two rows share a line.
  expect(lines).toHaveLength(17);
  for (const line of lines) {
    expect(line.startsWith("\u001b[38;5;16;48;5;231m") && line.endsWith("\u001b[0m")).toBe(true);
    expect(line.replaceAll(/\u001b\[[\d;]*m/g, "")).toHaveLength(33);
  }
});

it("a QR code that does not fit is left out", async () => {
  expect(await drawQrCode("https://issuer.example/device?user_code=WDJB-MJHT", 32)).toBeUndefined();
});
