import { formatPrintable } from "@kubepass/wire";
import { quoteForShell } from "./shell-quote.ts";

/** The command by which somebody tries what was written: of the file that was named, in the context that is not the current one. */
export function formatTrial(kubeconfig: string | undefined, context: string | undefined): string {
  const flags = Object.entries({ kubeconfig, context }).flatMap(([name, value]) =>
    value === undefined ? [] : [` ${quoteForShell(`--${name}=${formatPrintable(value, 200)}`)}`],
  );
  return `kubectl${flags.join("")} auth whoami`;
}
