/** Where the demo writes to. */
export interface TranscriptOptions {
  readonly areColoursWelcome: boolean;
  readonly write: (text: string) => void;
}

/** Facts with their names, one on each line. */
export type Facts = readonly (readonly [name: string, value: string])[];

/** What the person reads, in words for each thing that happens. */
export interface Transcript {
  title(text: string): void;
  heading(text: string): void;
  /** A command as a person types it. */
  command(text: string): void;
  /** A request to the API server, where no command stands for it. */
  request(method: string, path: string): void;
  /** What a command printed. */
  output(text: string): void;
  /** What a command said beside its output; a long URL is cut. */
  aside(text: string): void;
  done(text: string): void;
  problem(text: string): void;
  note(text: string): void;
  facts(facts: Facts): void;
}

const styles = { bold: "1", quiet: "2", red: "31", green: "32", cyan: "36" } as const;

/** How long something took: `84 ms`, `1.25 s`. */
export function formatTime(durationMs: number): string {
  return durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(2)} s`;
}

// An authorization URL would fill half the screen, and here nobody has to open it.
const maxAsideLength = 78;

function shorten(text: string): string {
  return text.startsWith("https://") && text.length > maxAsideLength ? `${text.slice(0, maxAsideLength - 1)}…` : text;
}

/** A transcript on a terminal or in a file. */
export function createTranscript({ areColoursWelcome, write }: TranscriptOptions): Transcript {
  const paint = (style: keyof typeof styles, text: string): string =>
    areColoursWelcome && text !== "" ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
  const line = (text = ""): void => write(`${text}\n`);
  const lines = (text: string): readonly string[] => text.replace(/\n+$/, "").split("\n");
  return {
    title: (text) => line(paint("bold", text)),
    heading: (text) => line(`\n${paint("bold", text)}`),
    command: (text) => line(`${paint("green", "$")} ${paint("cyan", text)}`),
    request: (method, path) => line(`${paint("green", method)} ${paint("cyan", path)}`),
    output: (text) => text !== "" && line(text.replace(/\n+$/, "")),
    aside: (text) => lines(text).forEach((each) => line(paint("quiet", shorten(each)))),
    done: (text) => line(paint("green", `✓ ${text}`)),
    problem: (text) => line(paint("red", `✗ ${text}`)),
    note: (text) => line(text),
    facts: (facts) => {
      const width = Math.max(...facts.map(([name]) => name.length));
      for (const [name, value] of facts) line(`  ${paint("quiet", name.padEnd(width))}  ${value}`);
    },
  };
}
