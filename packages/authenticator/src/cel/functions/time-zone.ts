// What Go's LoadLocation finds in the zone database: names that begin each part with a capital letter.
const zoneName = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/;

function parseNumber(text: string): number | undefined {
  return /^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined;
}

// `+02:30` and `-8:00`: hours and minutes as cel-go adds them up.
function fixedOffset(zone: string, colon: number): number | undefined {
  const hours = parseNumber(zone.slice(0, colon));
  const minutes = parseNumber(zone.slice(colon + 1));
  if (hours === undefined || minutes === undefined) return undefined;
  return (zone.startsWith("-") ? hours * 60 - minutes : hours * 60 + minutes) * 60;
}

function namedOffset(zone: string, seconds: number): number | undefined {
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    const parts = new Map(format.formatToParts(new Date(seconds * 1000)).map((part) => [part.type, part.value]));
    return wallClock(parts) - seconds;
  } catch {
    return undefined;
  }
}

function wallClock(parts: ReadonlyMap<string, string>): number {
  const number = (type: string): number => Number(parts.get(type));
  const year = parts.get("era") === "BC" ? 1 - number("year") : number("year");
  const date = new Date(0);
  date.setUTCFullYear(year, number("month") - 1, number("day"));
  date.setUTCHours(number("hour"), number("minute"), number("second"));
  return date.getTime() / 1000;
}

/** Seconds east of UTC in a zone at an instant (seconds since 1970), or `undefined` when there is no such zone. */
export function zoneOffsetSeconds(zone: string, seconds: number): number | undefined {
  const colon = zone.indexOf(":");
  if (colon >= 0) return fixedOffset(zone, colon);
  if (zone === "" || zone === "UTC") return 0;
  return zoneName.test(zone) ? namedOffset(zone, seconds) : undefined;
}
