import { resolve } from "node:path";
import { TlsServer } from "../http/tls-server.ts";
import { LineWriter } from "./decision-log.ts";
import type { Generation } from "./load-generation.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { type OperationsServer, startOperationsServer } from "./operations-server.ts";
import { Reloader } from "./reloader.ts";
import { createReviewEndpoint } from "./review-endpoint.ts";
import type { ServeConfig } from "./serve-config.ts";
import type { ServeHost } from "./serve-host.ts";

/** How to serve. */
export interface ServeOptions {
  readonly configFile: string;
  /** Reads that file; by default it is a ServeConfiguration. */
  readonly parse?: ((source: string, name: string) => ServeConfig) | undefined;
  /**
   * Takes decision lines, and resolves when it may get more; until then a bounded number waits. Must not block: nobody is answered
   * meanwhile. What it throws ends the log, not the server.
   */
  readonly writeDecision: (text: string) => void | Promise<void>;
  /** How many lines the host's log has left out so far, for the metrics. */
  readonly droppedLogLines?: (() => number) | undefined;
}

/** A server that runs. */
export interface RunningServer {
  readonly port: number;
  readonly operationsPort: number;
  /** Stops without losing a request: not ready at once, then no more connections, then nothing. */
  stop(): Promise<void>;
}

// For a reader of decisions who is late at the end.
const logTimeoutMs = 1000;

async function pass(durationMs: number): Promise<void> {
  if (durationMs > 0) await new Promise<void>((wake) => void setTimeout(wake, durationMs));
}

function warnOfDanger({ config }: Generation, host: ServeHost): void {
  if (config.listen.insecureAllowAnyCaller) host.log.warn("anybody who reaches the address may try tokens (listen.insecureAllowAnyCaller)");
  for (const name of config.identities.allowSystemNames) host.log.warn("a name of the system may be told to API servers", { name });
}

function toLimits({ limits }: Generation["config"]): ConstructorParameters<typeof TlsServer>[0]["limits"] {
  const { maxBodyBytes, maxConnections, requestSeconds, idleSeconds } = limits;
  return { maxBodyBytes, maxConnections, requestTimeoutMs: requestSeconds * 1000, idleTimeoutMs: idleSeconds * 1000 };
}

interface Serving {
  readonly reloader: Reloader;
  readonly metrics: Metrics;
  readonly log: LineWriter;
  readonly isReady: () => boolean;
}

function createServer({ reloader, metrics, log, isReady }: Serving, host: ServeHost): TlsServer {
  const generation = (): Generation => reloader.current;
  return new TlsServer({
    tls: generation().tls,
    limits: toLimits(generation().config),
    ...createReviewEndpoint({ generation, metrics, log, now: () => host.clock.now(), isReady }),
    onRefused: (status) => metrics.countRefusedRequest(status),
    onDefect: (error) => host.log.warn("a request failed", { error: error instanceof Error ? error.name : "unknown" }),
  });
}

function createDecisionLog(write: ServeOptions["writeDecision"], metrics: Metrics, host: ServeHost): LineWriter {
  let hasWarned = false;
  return new LineWriter(write, {
    onFailure: () => host.log.warn("nobody reads the decisions any more"),
    onDropped: () => {
      metrics.countDroppedDecision();
      if (!hasWarned) host.log.warn("decisions are read too slowly, and some are left out (kubepass_dropped_decisions_total)");
      hasWarned = true;
    },
  });
}

/**
 * Reads the configuration, listens, and keeps up with its files. Throws `CONFIG_INVALID`, `FILE_UNREADABLE` or `SERVE_FAILED`
 * when it cannot begin.
 */
export async function startServer(options: ServeOptions, host: ServeHost): Promise<RunningServer> {
  let server: TlsServer | undefined;
  let isStopping = false;
  const metrics = createMetrics({
    connections: () => server?.connections ?? 0,
    reviewsInFlight: () => reloader.current.reviewer.inFlight,
    cacheEntries: () => reloader.current.reviewer.cacheSize,
    certificateEndsAt: () => reloader.current.certificateEndsAt,
    droppedLogLines: options.droppedLogLines ?? (() => 0),
  });
  const reloader = await Reloader.start(resolve(options.configFile), host, {
    awsIamMetrics: metrics.awsIam,
    parse: options.parse,
    onChange: (generation) => {
      server?.renewCertificates(generation.tls);
      warnOfDanger(generation, host);
    },
    onResult: (result) => metrics.countReload(result, host.clock.now()),
  });
  const log = createDecisionLog(options.writeDecision, metrics, host);
  let operations: OperationsServer | undefined;
  try {
    const { current } = reloader;
    warnOfDanger(current, host);
    const isReady = (): boolean => !isStopping;
    server = createServer({ reloader, metrics, log, isReady }, host);
    const port = await server.listen(current.address);
    operations = await startOperationsServer(current.operationsAddress, isReady, metrics);
    return { port, operationsPort: operations.port, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function stop(): Promise<void> {
    if (isStopping) return;
    isStopping = true;
    const { shutdown } = reloader.current.config;
    server?.beginDrain();
    if (operations !== undefined) await pass(shutdown.graceSeconds * 1000);
    await server?.close(shutdown.timeoutSeconds * 1000);
    await operations?.close();
    await reloader.close();
    await log.close(logTimeoutMs);
  }
}
