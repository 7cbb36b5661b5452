import type { DeviceAuthorization } from "./device-code-answer.ts";
import { formatDuration, formatHeading } from "./authorization-code-text.ts";

/** What the terminal says when a device code sign-in starts. */
export interface DeviceInvitation {
  readonly issuer: string;
  readonly cluster: string | undefined;
  readonly authorization: DeviceAuthorization;
  /** The drawn code, with its line ends, where the terminal can show one. */
  readonly qrCode: string | undefined;
  readonly isBrowserOpened: boolean;
}

// Black on white whatever the theme: scanners want dark on light, and themes change the sixteen named colours.
const paper = "\u001b[38;5;16;48;5;231m";
const plain = "\u001b[0m";
const quietZone = 2;
const halfBlocks = [" ", "▄", "▀", "█"] as const;

/**
 * A QR code of a text as terminal lines, two rows of modules in each; `undefined` when it is wider than `columns`.
 * The encoder is loaded on first use, since most sign-ins never draw one.
 */
export async function drawQrCode(text: string, columns: number): Promise<string | undefined> {
  const { encode } = await import("uqr");
  const { data, size } = encode(text, { ecc: "L", border: quietZone });
  if (size > columns) return undefined;
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    const [upper = [], lower = []] = [data[row], data[row + 1]];
    const blocks = upper.map((isDark, column) => halfBlocks[(isDark ? 2 : 0) + (lower[column] === true ? 1 : 0)]);
    lines.push(`${paper}${blocks.join("")}${plain}\n`);
  }
  return lines.join("");
}

/** The code and the plain address always, so that a person can compare what the page shows (RFC 8628 §5.4). */
export function formatDeviceInvitation(invitation: DeviceInvitation): string {
  const { authorization, qrCode, isBrowserOpened } = invitation;
  const { verificationUrl, completeUrl, userCode } = authorization;
  const lines = [formatHeading(invitation.issuer, invitation.cluster)];
  lines.push(
    isBrowserOpened
      ? "Opening your browser. Check that it shows this code; if nothing appears, visit:\n"
      : "Visit this address on any device and enter the code:\n",
  );
  lines.push(`\n  ${verificationUrl}\n\n  ${userCode}\n\n`);
  if (qrCode !== undefined) lines.push(qrCode, "\n");
  if (completeUrl !== undefined && completeUrl !== verificationUrl) lines.push(`With the code filled in:\n\n  ${completeUrl}\n\n`);
  lines.push(
    `Waiting ${formatDuration(authorization.expiresInSeconds * 1000)}.\nOnly enter a code that you asked for yourself, never one that others sent you.\n`,
  );
  return lines.join("");
}
