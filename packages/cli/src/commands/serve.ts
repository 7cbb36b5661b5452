import { createLog } from "@kubepass/plugin-sdk";
import { startServer } from "@kubepass/authenticator/serve";
import type { Invocation } from "../command.ts";
import { getGivenText } from "../given-text.ts";
import { findGivenOutput } from "../settings.ts";

async function untilStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** `kubepass serve`: answers TokenReviews until it is told to stop. Decisions go to standard output, the rest to standard error. */
export async function serve(invocation: Invocation): Promise<number> {
  const { host, stdout } = invocation;
  const configFile = getGivenText(invocation, "config");
  const format = findGivenOutput(invocation) === "json" ? "json" : "text";
  // What a server has to tell is for whoever runs it: its decisions are always shown.
  const log = createLog({ name: "kubepass", verbosity: 1, format, write: (line) => host.terminal.write(line) });
  const { environment, clock, signal } = host;
  const server = await startServer({ configFile, writeDecision: (text) => stdout.write(text) }, { environment, clock, signal, log });
  log.info("serving", { port: server.port, operationsPort: server.operationsPort });
  await untilStopped(signal);
  log.info("stopping");
  await server.stop();
  log.info("stopped");
  return 0;
}
