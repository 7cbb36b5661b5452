import { win32 } from "node:path";
import { CredentialError } from "@kubepass/wire";

/** A program and its arguments as the system gets them. */
export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
  /** Windows: the arguments are quoted already. */
  readonly isVerbatim: boolean;
}

// Inside double quotes cmd.exe still expands %NAME% and !NAME!, and a quote or a line end leaves them.
const hostileToBatch = /["%!\r\n\u0000]/;

function quote(text: string): string {
  if (hostileToBatch.test(text)) {
    throw new CredentialError("CONFIG_INVALID", "an argument of the credential plugin cannot be given to a batch file safely", {
      hint: 'name the program itself (.exe) in exec.command, or take ", %, ! and line ends out of exec.args',
    });
  }
  // A backslash before the closing quote would escape it for the programs that the batch file starts.
  return `"${text.replace(/\\+$/, (tail) => tail + tail)}"`;
}

/**
 * How a file is started. A batch file (`.bat`, `.cmd`) is run by cmd.exe, which reads its command line as a script: each part
 * is quoted, and what could leave the quotes is refused. Throws `CONFIG_INVALID` for such an argument.
 */
export function formatCommandLine(path: string, args: readonly string[], platform: NodeJS.Platform, interpreter = "cmd.exe"): CommandLine {
  const isBatch = platform === "win32" && /^\.(bat|cmd)$/i.test(win32.extname(path.replace(/[. ]+$/, "")));
  if (!isBatch) return { program: path, args, isVerbatim: false };
  return { program: interpreter, args: ["/d", "/v:off", "/s", "/c", `"${[path, ...args].map(quote).join(" ")}"`], isVerbatim: true };
}
