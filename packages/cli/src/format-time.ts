const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A span of time in its two largest units, such as `2 h 5 min`; less than a minute in seconds. */
function formatSpan(durationMs: number): string {
  if (durationMs < minuteMs) return `${Math.max(0, Math.floor(durationMs / 1000))} s`;
  if (durationMs < hourMs) return `${Math.floor(durationMs / minuteMs)} min`;
  if (durationMs < dayMs) return `${Math.floor(durationMs / hourMs)} h ${Math.floor((durationMs % hourMs) / minuteMs)} min`;
  return `${Math.floor(durationMs / dayMs)} d ${Math.floor((durationMs % dayMs) / hourMs)} h`;
}

/** An instant with its distance from now, such as `2030-01-01T00:00:00Z (in 2 h 5 min)`. */
export function formatInstant(instant: Date, now: Date): string {
  const distanceMs = instant.getTime() - now.getTime();
  const distance = distanceMs >= 0 ? `in ${formatSpan(distanceMs)}` : `${formatSpan(-distanceMs)} ago`;
  return `${instant.toISOString().slice(0, 19)}Z (${distance})`;
}
