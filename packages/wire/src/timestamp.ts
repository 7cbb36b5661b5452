/** An instant as Kubernetes writes it: RFC 3339 in UTC, whole seconds, rounded down. */
export function formatTimestamp(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * The instant of an RFC 3339 text as Kubernetes reads it (capital `T` and `Z`, a zone, a real day of the calendar);
 * `undefined` when it is none. Fractions below a millisecond are cut off.
 */
export function findTimestamp(text: string): Date | undefined {
  const [matched, ...parts] = pattern.exec(text) ?? [];
  if (matched === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(0, 6).map(Number);
  const lastDay = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > lastDay || hour > 23 || minute > 59 || second > 59) return undefined;
  const instant = new Date(text.replace(",", ".").replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}
