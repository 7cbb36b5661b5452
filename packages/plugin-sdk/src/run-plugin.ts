import { basename } from "node:path";
import { formatVariablePrefix } from "@kubepass/storage";
import { CredentialError, formatExecCredential, parseExecInfo, toCredentialError } from "@kubepass/wire";
import type { CredentialRequest } from "./credential-request.ts";
import { describeError, formatErrorJson } from "./describe-error.ts";
import { endSignIn } from "./end-sign-in.ts";
import { getCredential } from "./get-credential.ts";
import type { Host, Log } from "./host.ts";
import type { InteractionSetting } from "./interaction.ts";
import { createHost } from "./node-host/create-host.ts";
import { type HeldLog, holdWarnings } from "./node-host/hold-warnings.ts";
import type { Provider } from "./provider.ts";

const interactionSettings: readonly InteractionSetting[] = ["auto", "open", "print", "never"];
const usage = "use it without arguments from a kubeconfig, or with: login, logout, --non-interactive";

/** The one line for standard output. Throws `EXEC_INFO_INVALID` before anything else happens, then as `getCredential`. */
export async function printCredential(request: CredentialRequest, host: Host): Promise<string> {
  const { credential, renewAt } = await getCredential(request, host);
  return `${formatExecCredential(credential, request.execInfo.apiVersion, renewAt)}\n`;
}

function chooseInteraction(words: readonly string[], host: Host, name: string): InteractionSetting {
  if (words.includes("--non-interactive")) return "never";
  const given = host.environment.variables[`${formatVariablePrefix(name)}_INTERACTION`];
  return interactionSettings.find((setting) => setting === given) ?? "auto";
}

function judgeWords(words: readonly string[]): string | undefined {
  const [verb, ...others] = words.filter((word) => word !== "--non-interactive");
  if (others.length > 0 || (verb !== undefined && verb !== "login" && verb !== "logout")) {
    throw new CredentialError("USAGE_INVALID", `unknown argument ${JSON.stringify(others[0] ?? verb)}`, { hint: usage });
  }
  return verb;
}

async function run(provider: Provider, host: Host, words: readonly string[], program: string): Promise<string> {
  const verb = judgeWords(words);
  const execInfo = parseExecInfo(host.environment.variables["KUBERNETES_EXEC_INFO"]);
  const settings = {
    interaction: chooseInteraction(words, host, provider.name),
    sessionStore: "auto",
    isPersonActing: verb !== undefined,
    loginHint: `run: ${basename(program)} login`,
  } as const;
  const request: CredentialRequest = { provider, execInfo, settings };
  if (verb === "logout") {
    const { wasSignedIn } = await endSignIn(request, host);
    host.terminal.write(wasSignedIn ? "signed out\n" : "nobody was signed in\n");
    return "";
  }
  const line = await printCredential(request, host);
  if (verb === undefined) return line;
  host.terminal.write("signed in\n");
  return "";
}

function writeOutput(running: NodeJS.Process, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new CredentialError("OUTPUT_FAILED", `cannot write the credential: ${error.message}`, { cause: error }));
    running.stdout.once("error", fail);
    running.stdout.write(text, (error) => (error === null || error === undefined ? resolve() : fail(error)));
  });
}

/**
 * A whole credential plugin with one provider: prints the ExecCredential, or does `login` and `logout`. Call it from
 * `main.ts` with its `process`; it ends the process with the exit code of docs/errors.md.
 */
export async function runPlugin(running: NodeJS.Process, provider: Provider): Promise<void> {
  const [, program = provider.name, ...words] = running.argv;
  const isAlone = words.includes("--non-interactive");
  let held: HeldLog | undefined;
  const adaptLog = (log: Log): Log => (isAlone ? (held = holdWarnings(log)) : log);
  const host = createHost(running, { name: provider.name, logFormat: isAlone ? "json" : "text", adaptLog });
  let exitCode = 0;
  try {
    const output = await run(provider, host, words, program);
    if (output !== "") await writeOutput(running, output);
    held?.release();
  } catch (error) {
    const failure = toCredentialError(error);
    host.terminal.write(isAlone ? formatErrorJson(failure, held?.warnings) : describeError(provider.name, failure));
    exitCode = failure.exitCode;
  }
  // A browser or an idle socket must not keep kubectl waiting.
  running.exit(exitCode);
}
