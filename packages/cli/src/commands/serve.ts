import { createLog } from "@kubepass/plugin-sdk";
import { createAwsIamParser, prepareAwsIamServer, type ServeHost, type ServeOptions, startServer } from "@kubepass/authenticator/serve";
import { CredentialError } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { findGivenText, getGivenText } from "../given-text.ts";
import { createServeAccess } from "../serve-access.ts";
import { findGivenOutput } from "../settings.ts";

async function untilStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** The file that says what to serve: ours, or aws-iam-authenticator's own. */
async function prepareSource(invocation: Invocation, host: ServeHost): Promise<Omit<ServeOptions, "writeDecision">> {
  const configFile = findGivenText(invocation, "aws-iam-authenticator-config");
  if (configFile === undefined) return { configFile: getGivenText(invocation, "config") };
  if (findGivenText(invocation, "config") !== undefined)
    throw new CredentialError("USAGE_INVALID", "--config and --aws-iam-authenticator-config contradict each other");
  const clusterId = host.environment.variables["KUBERNETES_AWS_AUTHENTICATOR_CLUSTER_ID"] || undefined;
  await prepareAwsIamServer(configFile, clusterId, host);
  return { configFile, parse: createAwsIamParser(clusterId) };
}

/** `kubepass serve`: answers TokenReviews until it is told to stop. Decisions go to standard output, the rest to standard error. */
export async function serve(invocation: Invocation): Promise<number> {
  const { host, stdout } = invocation;
  const format = findGivenOutput(invocation) === "json" ? "json" : "text";
  // What a server has to tell is for whoever runs it: its decisions are always shown.
  const log = createLog({ name: "kubepass", verbosity: 1, format, write: (line) => host.terminal.write(line) });
  const { environment, clock, signal } = host;
  const serving: ServeHost = { environment, clock, signal, log, ...createServeAccess(host, log, invocation.runtime) };
  const source = await prepareSource(invocation, serving);
  const writeDecision = (text: string): void | Promise<void> =>
    stdout.writeLater === undefined ? stdout.write(text) : stdout.writeLater(text);
  const server = await startServer({ ...source, writeDecision }, serving);
  log.info("serving", { port: server.port, operationsPort: server.operationsPort });
  await untilStopped(signal);
  log.info("stopping");
  await server.stop();
  log.info("stopped");
  return 0;
}
