/** An instant as Kubernetes writes it: RFC 3339 in UTC, whole seconds, rounded down. */
export function formatTimestamp(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

const pattern =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:[.,](\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * The instant of an RFC 3339 text as Kubernetes reads it (capital `T` and `Z`, a zone, a real day of the calendar);
 * `undefined` when it is none. Fractions below a millisecond are cut off.
 */
export function findTimestamp(text: string): Date | undefined {
  const [matched, day = "", time = "", fraction = "", zone = ""] = pattern.exec(text) ?? [];
  if (matched === undefined) return undefined;
  const midnight = new Date(`${day}T00:00:00Z`);
  // Some runtimes take 30 February for 2 March.
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return undefined;
  return new Date(`${day}T${time}.${fraction.padEnd(3, "0").slice(0, 3)}${zone}`);
}
