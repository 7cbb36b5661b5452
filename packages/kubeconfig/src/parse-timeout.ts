import { CredentialError } from "@kubepass/wire";

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const duration = /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
// What Go's durations can hold: 2^63 nanoseconds.
const maxMs = 2 ** 63 / 1e6;

/** `--request-timeout` in milliseconds: whole seconds, or a Go duration such as `1m30s`. Throws `CONFIG_INVALID`. */
export function parseTimeout(text: string): number {
  if (/^\+?\d+$/.test(text) && Number(text) < 2 ** 63) return Number(text) * 1000;
  if (duration.test(text)) {
    const parts = [...text.matchAll(/(\d+\.?\d*|\.\d+)([a-zµμ]+)/g)];
    const sum = parts.reduce((total, [, amount, unit]) => total + Number(amount) * (unitMs[unit ?? ""] ?? Number.NaN), 0);
    if (sum < maxMs) return text.startsWith("-") ? -sum : sum;
  }
  throw new CredentialError(
    "CONFIG_INVALID",
    "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)",
  );
}
