import { refuseKubeconfig } from "./invalid.ts";

// What YAML 1.1 lets a stream hold (section 5.1): no C0 controls but tab and line breaks, no C1 but NEL, no byte order mark inside.
const forbidden = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

function decode(bytes: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw refuseKubeconfig(`the text is not valid ${encoding.toUpperCase()}`, "save it as UTF-8");
  }
}

function findEncoding(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return "utf-8";
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/**
 * The text of a kubeconfig's bytes: UTF-8, or UTF-16 with a byte order mark. Throws `KUBECONFIG_INVALID` for other bytes and
 * for control characters, which no YAML may hold.
 */
export function decodeText(bytes: Uint8Array): string {
  return checkText(decode(bytes, findEncoding(bytes)));
}

/** The same text, when it may be that of a kubeconfig. Throws `KUBECONFIG_INVALID` for control characters. */
export function checkText(text: string): string {
  // Nearly every kubeconfig is plain ASCII, which is told much faster.
  if (!/[^\t\n\r\u0020-\u007e]/.test(text)) return text;
  const index = text.search(forbidden);
  if (index >= 0) throw refuseKubeconfig(`line ${lineOf(text, index)} holds a control character`, "is this really a kubeconfig?");
  return text;
}
