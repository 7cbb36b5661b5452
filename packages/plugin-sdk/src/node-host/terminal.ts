import type { Terminal } from "../host.ts";

/** The parts of the running process that make up a terminal. */
export interface TerminalStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Called for Ctrl-C while the echo is off, when the terminal makes no signal of it. */
  interrupt(): void;
}

type ReadOptions = Parameters<Terminal["readLine"]>[1];

async function readLine(streams: TerminalStreams, question: string, options: ReadOptions): Promise<string | undefined> {
  options.signal.throwIfAborted();
  // Loaded only here: nobody is asked on the hot path.
  const [{ createInterface }, { Writable }] = await Promise.all([import("node:readline"), import("node:stream")]);
  const { stdin, stderr } = streams;
  stderr.write(question);
  const hidden = options.hidden === true;
  const lines = createInterface({ input: stdin, output: new Writable({ write: (_chunk, _encoding, done) => done() }), terminal: hidden });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("close", () => resolve(undefined));
      lines.once("SIGINT", () => streams.interrupt());
      options.signal.addEventListener("abort", () => reject(options.signal.reason), { once: true });
    });
  } finally {
    lines.close();
    stdin.pause();
    if (hidden) stderr.write("\n");
  }
}

// A stream that is none has no such member, whatever its type says.
function isTty(stream: { readonly isTTY?: boolean | undefined }): boolean {
  return stream.isTTY === true;
}

/** The person's terminal: standard error to speak, standard input to listen. */
export function createTerminal(streams: TerminalStreams): Terminal {
  const { variables } = streams;
  return {
    get isTerminal() {
      return isTty(streams.stderr);
    },
    get canRead() {
      return isTty(streams.stdin);
    },
    get columns() {
      return streams.stderr.columns ?? 80;
    },
    get isCapable() {
      return isTty(streams.stderr) && variables["TERM"] !== "dumb" && (variables["NO_COLOR"] ?? "") === "";
    },
    write(text) {
      streams.stderr.write(text);
    },
    readLine: (question, options) => readLine(streams, question, options),
  };
}
