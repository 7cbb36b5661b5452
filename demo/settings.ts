import { parseArgs } from "node:util";

/** What the demo was asked to do. */
export interface DemoSettings {
  /** The person's own browser signs in, instead of the demo's. */
  readonly isPersonAsked: boolean;
  /** Everything goes on running at the end. */
  readonly isKept: boolean;
  readonly isHelpWanted: boolean;
}

export const helpText = `Shows kubepass at work with an issuer and a small API server of its own, all on this machine.

Usage: npm run demo [-- flags]

  --browser  sign in yourself, in your own browser
  --keep     leave everything running at the end, for kubectl in another terminal
  --help     show this text

Nothing outside a temporary folder is read or written, and it is removed at the end. The executable
dist/kubepass is built first when it is missing or older than its source.
`;

/** Reads the command line. Throws a `TypeError` that names what is wrong. */
export function parseSettings(argv: readonly string[]): DemoSettings {
  const options = { browser: { type: "boolean" }, keep: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
  const { values } = parseArgs({ args: [...argv], options });
  return { isPersonAsked: values.browser ?? false, isKept: values.keep ?? false, isHelpWanted: values.help ?? false };
}
