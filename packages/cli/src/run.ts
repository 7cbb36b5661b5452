import { createLog, describeError, formatErrorJson, type HeldLog, holdWarnings, type Host } from "@kubepass/plugin-sdk";
import { findSystemCode, isCredentialError, parseExecInfo, toCredentialError } from "@kubepass/wire";
import type { CommandCode, CommandSpec, Invocation, Output, Runtime } from "./command.ts";
import { findCommand } from "./commands.ts";
import { checkOptions } from "./credential-request.ts";
import { withLog } from "./layered-host.ts";
import { gatherOptions } from "./options/gather-options.ts";
import { readPlainOptions } from "./options/heeded-options.ts";
import { parseArguments, type ParsedArguments } from "./options/parse-arguments.ts";
import { noOptions } from "./options/resolve-options.ts";
import { providers } from "./registry.ts";
import { findGivenTelling, type GlobalSettings, parseSettings } from "./settings.ts";

/** What one run of the executable works with. */
export interface Program {
  /** The arguments after the program's own name. */
  readonly argv: readonly string[];
  readonly host: Host;
  readonly stdout: Output;
  /** See {@link Invocation}. */
  readonly writeErrorLater?: ((text: string) => Promise<void>) | undefined;
  /** What the person typed: `kubepass`, or `kubectl pass`. */
  readonly name: string;
  readonly runtime: Runtime;
}

/** How a failure is told; what a config file says of it is known only after it was read. */
interface Telling {
  isMachine: boolean;
  isErrorAlone: boolean;
  /** Warnings that wait for the end, because an error has to be the only line. */
  held: HeldLog | undefined;
}

function startTelling(argv: readonly string[], host: Host): Telling {
  return { ...findGivenTelling(argv, host.environment.variables), held: undefined };
}

function heed({ isMachine, isErrorAlone }: GlobalSettings, telling: Telling): void {
  telling.isMachine ||= isMachine;
  telling.isErrorAlone ||= isErrorAlone;
}

/** The host with a log as talkative, and in the form, that was asked for. */
function adaptLog(host: Host, verbosity: GlobalSettings["verbosity"], telling: Telling): Host {
  const { isMachine, isErrorAlone } = telling;
  if (verbosity === 0 && !isMachine) return host;
  const write = (line: string): void => host.terminal.write(line);
  const log = createLog({ name: "kubepass", verbosity, format: isMachine ? "json" : "text", write });
  // Whoever wants to see decisions sees warnings where they belong among them.
  if (!isErrorAlone || verbosity > 0) return withLog(host, log);
  telling.held = holdWarnings(log);
  return withLog(host, telling.held);
}

/** A command that stands in for another one when help or the version was asked for by a flag. */
function selectCommand(parsed: ParsedArguments): CommandSpec | undefined {
  if (parsed.wantsHelp) return findCommand("help");
  if (parsed.wantsVersion) return findCommand("version");
  return parsed.command;
}

type Configured = Pick<Invocation, "host" | "options">;

async function configure(program: Program, parsed: ParsedArguments, command: CommandSpec, telling: Telling): Promise<Configured> {
  const { host } = program;
  if (!command.isConfigured) {
    const options = readPlainOptions(command, parsed.given, host.environment.variables);
    heed(parseSettings(options), telling);
    // They heed no -v.
    return { host: adaptLog(host, 0, telling), options };
  }
  const provider = parsed.provider ?? providers[0];
  const execInfo = parseExecInfo(host.environment.variables["KUBERNETES_EXEC_INFO"]);
  const request = { given: parsed.given, provider, own: command.options, clusterConfig: execInfo.cluster?.config };
  const options = await gatherOptions(request, host);
  const settings = parseSettings(options);
  heed(settings, telling);
  const configuredHost = adaptLog(host, settings.verbosity, telling);
  if (settings.verbosity === 2) {
    const { logOptions } = await import("./log-options.ts");
    logOptions(options, provider.options, configuredHost.log);
  }
  return { host: configuredHost, options };
}

async function dispatch(program: Program, telling: Telling): Promise<number> {
  const parsed = parseArguments(program.argv);
  const command = selectCommand(parsed);
  if (command === parsed.command && parsed.problems.length > 0) {
    const { describeProblems } = await import("./options/describe-problem.ts");
    throw describeProblems(parsed, program.name);
  }
  const base = {
    stdout: program.stdout,
    writeErrorLater: program.writeErrorLater,
    runtime: program.runtime,
    program: program.name,
    argv: program.argv,
    parsed,
    provider: parsed.provider ?? providers[0],
  };
  if (command === undefined) {
    const { showOverview } = await import("./commands/help.ts");
    return await showOverview({ ...base, host: program.host, options: noOptions });
  }
  const code: CommandCode = await command.load();
  const invocation = { ...base, ...(await configure(program, parsed, command, telling)) };
  // Who asks for help beside a value that cannot be used needs just that.
  if (!command.isConfigured && !parsed.wantsHelp) checkOptions(invocation);
  return await code(invocation);
}

/**
 * Runs one command line and resolves to the exit code (docs/errors.md). Results go to `stdout`; everything else,
 * errors included, to the host's terminal. Never throws.
 */
export async function run(program: Program): Promise<number> {
  const { argv, host } = program;
  const telling = startTelling(argv, host);
  try {
    const exitCode = await dispatch(program, telling);
    telling.held?.release();
    return exitCode;
  } catch (error) {
    return tell(error, host, telling);
  }
}

/** Tells the person, or the program that asked for JSON, what went wrong. The exit code. */
export function tellFailure(error: unknown, argv: readonly string[], host: Host): number {
  return tell(error, host, startTelling(argv, host));
}

function tell(error: unknown, host: Host, { isMachine, held }: Telling): number {
  const failure = host.signal.aborted && !isCredentialError(error) ? toCredentialError(host.signal.reason) : toCredentialError(error);
  // Nobody reads any more: `kubepass status | head` is no reason to complain.
  const isPipeClosed = failure.code === "OUTPUT_FAILED" && findSystemCode(failure.cause) === "EPIPE";
  if (isPipeClosed) held?.release();
  else host.terminal.write(isMachine ? formatErrorJson(failure, held?.warnings) : describeError("kubepass", failure));
  return failure.exitCode;
}
