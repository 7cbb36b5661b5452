import {
  type Credential,
  CredentialError,
  type ExecInfo,
  type ExecCredentialVersion,
  formatExecInfo,
  formatPrintable,
} from "@kubepass/wire";
import type { ClientHost } from "../client-host.ts";
import type { ResolvedExec } from "../resolved-config.ts";
import { formatCommandLine } from "./batch-command.ts";
import { findProgram, hasFolder, type ProgramPlaces } from "./find-program.ts";
import { judgeInteractivity } from "./interactivity.ts";
import { mergeVariables } from "./merge-variables.ts";
import type { PluginOptions } from "./plugin-options.ts";
import { checkPluginPolicy, cleanPath } from "./plugin-policy.ts";
import { readAnswer } from "./read-answer.ts";
import { type ProgramOutcome, type ProgramRun, runProgram } from "./run-program.ts";

/** One plugin as it is called. */
export interface PluginCall {
  readonly exec: ResolvedExec;
  readonly apiVersion: ExecCredentialVersion;
  /** Present when the kubeconfig asks to tell the plugin about the cluster. */
  readonly cluster: ExecInfo["cluster"];
  readonly options: PluginOptions;
}

// More than a token, a chain and a key ever are.
const maxAnswerBytes = 1024 * 1024;
const maxKeptBytes = 4096;
const installHelp = "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins";

function expandHome(command: string, call: PluginCall, host: ClientHost): string {
  const { variables, platform } = host.environment;
  const home = (platform === "win32" ? variables["USERPROFILE"] : undefined) ?? variables["HOME"];
  return call.options.isHomeExpanded === true && command.startsWith("~/") && home ? `${home}${command.slice(1)}` : command;
}

/** The command as it is looked for: a name stays a name, and what names a place keeps naming it. */
function formatCommand(call: PluginCall, host: ClientHost): string {
  const { platform } = host.environment;
  const command = expandHome(call.exec.command, call, host);
  const clean = cleanPath(command, platform);
  return hasFolder(command, platform) && !hasFolder(clean, platform) ? `./${clean}` : clean;
}

function createMissingError(command: string, call: PluginCall, why: string): CredentialError {
  const advice = call.exec.installHint === "" ? `install it, or see ${installHelp}` : call.exec.installHint;
  return new CredentialError("PLUGIN_NOT_FOUND", `the credential plugin ${command} ${why}`, { hint: advice });
}

function getProgramPath(command: string, call: PluginCall, places: ProgramPlaces): string {
  const search = findProgram(command, places);
  checkPluginPolicy(call.options.policy ?? { type: "" }, command, search, places);
  if (search.kind === "found") return search.path;
  if (search.kind === "only-in-working-folder")
    throw createMissingError(command, call, "is only in the working folder, from where it is not run");
  throw createMissingError(command, call, hasFolder(command, places.platform) ? "is missing or not executable" : "is not installed");
}

function listVariables(call: PluginCall, isInteractive: boolean, host: ClientHost): ProgramRun["environment"] {
  const own = Object.fromEntries(call.exec.env.map(({ name, value }) => [name, value.reveal()]));
  // The newline is client-go's.
  const info = `${formatExecInfo({ apiVersion: call.apiVersion, interactive: isInteractive, cluster: call.cluster })}\n`;
  const { variables, platform } = host.environment;
  return mergeVariables([variables, own, { KUBERNETES_EXEC_INFO: info }], platform);
}

function createFailure(command: string, what: string, said: string, isRetryable: boolean): CredentialError {
  // Its last words, not its first: what went wrong stands at the end.
  const quoted = formatPrintable(said, maxKeptBytes).slice(-500).trim();
  const tail = quoted === "" ? "" : `: ${quoted}`;
  return new CredentialError("PLUGIN_FAILED", `the credential plugin ${command} ${what}${tail}`, {
    retryable: isRetryable,
    hint: "run the command of users[].user.exec by hand to see what it says",
  });
}

function judgeOutcome(outcome: ProgramOutcome, command: string, said: string, call: PluginCall, reason: unknown): Buffer {
  switch (outcome.kind) {
    case "exited":
      if (outcome.code === 0) return outcome.output;
      throw createFailure(command, `failed with exit code ${outcome.code}`, said, true);
    case "killed":
      throw createFailure(command, `was ended by ${outcome.signal}`, said, true);
    case "too-much-output":
      throw new CredentialError("CREDENTIAL_INVALID", `the plugin's answer is longer than ${maxAnswerBytes} bytes; ${command} was stopped`);
    case "not-started":
      throw createMissingError(command, call, `cannot be started (${formatPrintable(outcome.error.message, 200)})`);
    case "aborted":
      throw reason;
  }
}

/** The end of what was written, whatever length it had. */
class Tail {
  #bytes = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]).subarray(-maxKeptBytes);
  }

  toString(): string {
    return this.#bytes.toString("utf8");
  }
}

/**
 * Runs the plugin once and reads its answer. When it resolves or rejects, the plugin has ended.
 * Throws `LOGIN_REQUIRED`, `POLICY_REFUSED`, `PLUGIN_NOT_FOUND`, `PLUGIN_FAILED`, `CREDENTIAL_INVALID`, `CONFIG_INVALID`, or the
 * signal's reason.
 */
export async function callPlugin(call: PluginCall, host: ClientHost, outer: AbortSignal): Promise<Credential> {
  const { options } = call;
  const isInteractive = judgeInteractivity(call.exec.interactiveMode, {
    isTerminal: host.isInputTerminal(),
    isTaken: options.isInputTaken ?? false,
    takenBy: options.inputTakenBy,
  });
  const command = formatCommand(call, host);
  const path = getProgramPath(command, call, host.environment);
  const tail = new Tail();
  const keep = (chunk: Buffer): void => {
    tail.add(chunk);
    host.writeError(chunk.toString("utf8"));
  };
  const controller = new AbortController();
  const passOn = (): void => controller.abort(outer.reason);
  outer.addEventListener("abort", passOn, { once: true });
  if (outer.aborted) passOn();
  const { timeoutMs } = options;
  const stop = (): void =>
    controller.abort(createFailure(command, `did not answer within ${(timeoutMs ?? 0) / 1000} s and was stopped`, tail.toString(), true));
  const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs);
  try {
    const outcome = await runProgram({
      commandLine: formatCommandLine(path, call.exec.args, host.environment.platform, host.environment.variables["ComSpec"]),
      environment: listVariables(call, isInteractive, host),
      isInputShared: isInteractive,
      onErrorOutput: options.isErrorOutputKept === true ? keep : undefined,
      maxOutputBytes: maxAnswerBytes,
      signal: controller.signal,
      // A plugin that may ask a person stays in the group of the terminal, or it could not read from it.
      signalGroup: isInteractive || host.environment.platform === "win32" ? undefined : host.signalGroup,
      startUnchanged: host.startUnchanged,
    });
    return readAnswer(judgeOutcome(outcome, command, tail.toString(), call, controller.signal.reason), call.apiVersion);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", passOn);
  }
}
