import { createLog, type Log } from "@kubepass/plugin-sdk";
import {
  createAwsIamParser,
  findClusterId,
  LineWriter,
  prepareAwsIamServer,
  type ServeHost,
  type ServeOptions,
  startServer,
} from "@kubepass/authenticator/serve";
import { CredentialError } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { findGivenText, getGivenText } from "../given-text.ts";
import { withLog } from "../layered-host.ts";
import { createServeAccess } from "../serve-access.ts";
import { parseSettings } from "../settings.ts";

async function untilStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** The file that says what to serve: ours, or aws-iam-authenticator's own. */
async function prepareSource(invocation: Invocation, host: ServeHost): Promise<Omit<ServeOptions, "writeDecision">> {
  const configFile = findGivenText(invocation, "aws-iam-authenticator-config");
  if (configFile === undefined) {
    return { configFile: getGivenText(invocation, "config", `run ${invocation.program} serve init to write a first one`) };
  }
  if (findGivenText(invocation, "config") !== undefined)
    throw new CredentialError("USAGE_INVALID", "--config and --aws-iam-authenticator-config contradict each other");
  const clusterId = findClusterId(host.environment.variables);
  await prepareAwsIamServer(configFile, clusterId, host);
  return { configFile, parse: createAwsIamParser(clusterId) };
}

interface ServeLog {
  readonly log: Log;
  readonly dropped: () => number;
  close(): Promise<void>;
}

// Hundreds of lines; and for a reader who is late at the end.
const maxWaitingLength = 256 * 1024;
const closeTimeoutMs = 1000;

/** A log on standard error that waits for no reader: nobody may be kept from an answer, or memory filled, because nobody reads it. */
function createServeLog(invocation: Invocation): ServeLog {
  const { host, writeErrorLater } = invocation;
  const format = parseSettings(invocation.options).isMachine ? "json" : "text";
  let dropped = 0;
  const write = writeErrorLater ?? ((text: string) => host.terminal.write(text));
  const lines = new LineWriter(write, { onFailure: () => {}, onDropped: () => (dropped += 1) }, maxWaitingLength);
  return {
    // What a server has to tell is for whoever runs it: its decisions are always shown.
    log: createLog({ name: "kubepass", verbosity: 1, format, write: (line) => lines.add(line.trimEnd()) }),
    dropped: () => dropped,
    close: async () => await lines.close(closeTimeoutMs),
  };
}

async function serveUntilStopped(invocation: Invocation, { log, dropped }: ServeLog): Promise<void> {
  const { host, stdout } = invocation;
  const { environment, clock, signal } = host;
  host.protectMemory();
  const serving: ServeHost = { environment, clock, signal, log, ...createServeAccess(withLog(host, log), invocation.runtime) };
  const source = await prepareSource(invocation, serving);
  const writeDecision = (text: string): void | Promise<void> =>
    stdout.writeLater === undefined ? stdout.write(text) : stdout.writeLater(text);
  const server = await startServer({ ...source, writeDecision, droppedLogLines: dropped }, serving);
  log.info("serving", { port: server.port, operationsPort: server.operationsPort });
  await untilStopped(signal);
  log.info("stopping");
  await server.stop();
  log.info("stopped");
}

/** `kubepass serve`: answers TokenReviews until it is told to stop. Decisions go to standard output, the rest to standard error. */
export async function serve(invocation: Invocation): Promise<number> {
  const log = createServeLog(invocation);
  try {
    await serveUntilStopped(invocation, log);
  } finally {
    await log.close();
  }
  return 0;
}
