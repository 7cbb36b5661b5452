import type { Log, LogFields } from "../host.ts";
import { formatFields } from "./log.ts";

/** A warning as a member of an error: the same texts as its line in the log. */
export interface HeldWarning {
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A log that keeps its warnings, so that an error can carry them and stay the only line. */
export interface HeldLog extends Log {
  /** What was warned of so far. */
  readonly warnings: readonly HeldWarning[];
  /** Writes what was kept: nothing failed, so that no error carries it. */
  release(): void;
}

/** Keeps warnings instead of writing them; the other levels, which somebody has asked for, are written at once. */
export function holdWarnings(log: Log): HeldLog {
  const kept: { readonly message: string; readonly fields: LogFields }[] = [];
  return {
    ...log,
    warn: (message, fields = {}) => void kept.push({ message, fields }),
    get warnings() {
      return kept.map(({ message, fields }) => ({ message, fields: formatFields(fields) }));
    },
    release() {
      for (const { message, fields } of kept.splice(0)) log.warn(message, fields);
    },
  };
}
