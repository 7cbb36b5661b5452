import { type ChildProcessByStdio, spawn, type SpawnOptionsWithStdioTuple } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type Host, readNamedText } from "@kubepass/plugin-sdk";
import { CredentialError, findSystemCode, Secret } from "@kubepass/wire";
import type { SecretSource } from "./secret-source.ts";

const commandTimeoutMs = 30_000;
// A client secret, a password or a token; what prints more is the wrong command.
const maxSecretBytes = 1024 * 1024;

type FileHost = Pick<Host, "directories" | "environment" | "log">;
type CommandHost = FileHost & Pick<Host, "startUnchanged">;

/** What is read, for messages: such as `client secret`. */
type What = string;

function resolveHome(path: string, host: FileHost): string {
  return path === "~" || path.startsWith("~/") ? join(host.directories.home, path.slice(1)) : path;
}

/** The system's own code, such as `ENOENT`: its message would repeat the path. */
function describeSystemError(error: unknown): string {
  return findSystemCode(error) ?? "unknown reason";
}

/** The text of a file named in an option; a leading `~/` is the home folder. Throws `FILE_UNREADABLE`. */
export function readOptionFile(what: What, path: string, host: FileHost): string {
  const resolved = resolveHome(path, host);
  const text = readNamedText(resolved, `the ${what} file`);
  if (text.trim() !== "") return text;
  throw new CredentialError("FILE_UNREADABLE", `the ${what} file ${resolved} is empty`, {
    hint: `put the ${what} into it, or name another file`,
  });
}

/** {@link readOptionFile} for a secret: warns when everybody on the machine may read it. */
export function readSecretFile(what: What, path: string, host: FileHost): Secret {
  const text = readOptionFile(what, path, host);
  const { mode } = statSync(resolveHome(path, host));
  if (host.environment.platform !== "win32" && (mode & 0o004) !== 0) {
    host.log.warn("a secret is in a file that every user of this machine can read: run chmod 600 on it", { what, path });
  }
  return new Secret(trimLineEnd(text));
}

// An editor ends a file, and a program its output, with a newline that is no part of the secret.
function trimLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, "");
}

/** The variables for a command of the user: all but those that carry our own options and secrets. */
export function cleanVariables(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && !/^(KUBEPASS_|KUBERNETES_EXEC_INFO$)/i.test(name)) kept[name] = value;
  }
  return kept;
}

function commandFailed(what: What, program: string, why: string, cause?: unknown): CredentialError {
  return new CredentialError("SECRET_COMMAND_FAILED", `the command ${program} for the ${what} ${why}`, {
    cause,
    hint: "run the command by hand: it must print the secret, and nothing else, on standard output",
  });
}

function judgeCommand(what: What, program: string, exitCode: number | null, output: string): string {
  if (exitCode !== 0) throw commandFailed(what, program, `ended with ${exitCode === null ? "a signal" : `status ${exitCode}`}`);
  const text = trimLineEnd(output);
  if (text === "") throw commandFailed(what, program, "printed nothing");
  return text;
}

function startCommand(program: string, args: readonly string[], host: CommandHost): ChildProcessByStdio<null, Readable, null> {
  const options: SpawnOptionsWithStdioTuple<"ignore", "pipe", "ignore"> = {
    env: cleanVariables(host.environment.variables),
    stdio: ["ignore", "pipe", "ignore"],
    shell: false,
    windowsHide: true,
  };
  return host.startUnchanged(() => spawn(resolveHome(program, host), args, options));
}

/** What a command printed on standard output. Its standard error is dropped: it may hold the secret. Throws `SECRET_COMMAND_FAILED`. */
async function readCommand(
  what: What,
  source: { program: string; args: readonly string[] },
  host: CommandHost,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const { program, args } = source;
  const child = startCommand(program, args, host);
  const timeout = AbortSignal.timeout(commandTimeoutMs);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    return await new Promise<string>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      timeout.addEventListener("abort", () => reject(commandFailed(what, program, `took longer than ${commandTimeoutMs / 1000} s`)));
      child.stdout.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxSecretBytes) reject(commandFailed(what, program, `printed more than ${maxSecretBytes} bytes`));
        else chunks.push(chunk);
      });
      child.on("error", (error) => reject(commandFailed(what, program, `cannot be run (${describeSystemError(error)})`, error)));
      child.on("close", (exitCode) => {
        try {
          resolve(judgeCommand(what, program, exitCode, Buffer.concat(chunks).toString("utf8")));
        } catch (error) {
          reject(error);
        }
      });
    });
  } finally {
    // A child of the command may hold the pipe open after the command itself is gone.
    child.stdout.destroy();
    child.kill("SIGKILL");
  }
}

async function readStandardInput(what: What, host: Host, signal: AbortSignal): Promise<string> {
  const question = host.terminal.canRead ? `${what}: ` : "";
  const text = await host.terminal.readLine(question, { hidden: true, signal });
  if (text === undefined || text === "") {
    throw new CredentialError("CONFIG_INVALID", `standard input holds no ${what}`, {
      hint: "pipe the secret into the command, or give it by file or command",
    });
  }
  return text;
}

/**
 * A secret from where the options say it is. Throws `FILE_UNREADABLE`, `SECRET_COMMAND_FAILED`, `CONFIG_INVALID`
 * (empty standard input), or the signal's reason.
 */
export async function readSecret(what: What, source: SecretSource, host: Host, signal: AbortSignal): Promise<Secret> {
  switch (source.kind) {
    case "text":
      return source.secret;
    case "file":
      return readSecretFile(what, source.path, host);
    case "command":
      return new Secret(await readCommand(what, source, host, signal));
    case "stdin":
      return new Secret(await readStandardInput(what, host, signal));
  }
}
