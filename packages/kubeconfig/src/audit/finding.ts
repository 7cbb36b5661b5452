import { posix } from "node:path";

/** Something that an audit says of a kubeconfig. */
export interface Finding {
  /** A risk is something to decide on; a note is what one should know. */
  readonly level: "risk" | "note";
  /** Stable, such as `PLUGIN_SHELL`. */
  readonly code: string;
  /** The stanza, with its name as it is: `users/anna`. */
  readonly subject: string;
  /** The kubeconfig that the stanza comes from. */
  readonly file?: string | undefined;
  /** One line; holds no secret. */
  readonly text: string;
  /** What to do. */
  readonly hint?: string | undefined;
}

/** A finding to decide on. */
export function risk(code: string, subject: string, file: string | undefined, text: string, hint: string): Finding {
  return { level: "risk", code, subject, file, text, hint };
}

/** A finding to know of. */
export function note(code: string, subject: string, file: string | undefined, text: string): Finding {
  return { level: "note", code, subject, file, text };
}

/** `a`, `a and b`, `a, b and c`. */
export function listInWords(items: readonly string[]): string {
  return [items.slice(0, -1).join(", "), ...items.slice(-1)].filter((part) => part !== "").join(" and ");
}

/** A path as the system takes it: one slash, without `.` and `..`. For looking at, also on Windows. */
export function normalizePath(path: string): string {
  return posix.normalize(path.replaceAll("\\", "/"));
}
