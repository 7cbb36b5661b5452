/** One command of a transcript, and everything that has to come of it. */
export interface Step {
  readonly line: number;
  readonly words: readonly string[];
  readonly stdin: string;
  readonly stdout: string;
  /** One pattern for each line of standard error. */
  readonly stderr: readonly string[];
  readonly exitCode: number;
}

/** A transcript: what a person types into a fresh home folder, and what is there afterwards. */
export interface Transcript {
  /** By name; nothing else is in the environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Files that are there before the first command, by path below the home folder. */
  readonly before: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  /** A pattern for every file below the home folder after the last command, sorted by path. */
  readonly after: readonly string[];
}

interface Draft {
  line: number;
  words: readonly string[];
  stdin: string[];
  stdout: string[];
  stderr: string[];
  exitCode: number;
}

interface Scene {
  readonly variables: Record<string, string>;
  readonly before: Record<string, string>;
  readonly drafts: Draft[];
  readonly after: string[];
}

function define(target: Record<string, string>, rest: string): void {
  const sign = rest.indexOf("=");
  target[rest.slice(0, sign)] = rest.slice(sign + 1).replaceAll("\\n", "\n");
}

const sceneMarks: Readonly<Record<string, (scene: Scene, rest: string, line: number) => void>> = {
  "#": () => {},
  $: (scene, rest, line) => {
    scene.drafts.push({ line, words: rest.split(/ +/), stdin: [], stdout: [], stderr: [], exitCode: 0 });
  },
  env: (scene, rest) => define(scene.variables, rest),
  file: (scene, rest) => define(scene.before, rest),
  left: (scene, rest) => {
    scene.after.push(rest);
  },
};

const stepMarks: Readonly<Record<string, (step: Draft, rest: string) => void>> = {
  "<": (step, rest) => step.stdin.push(rest),
  ">": (step, rest) => step.stdout.push(rest),
  "2>": (step, rest) => step.stderr.push(rest),
  exit: (step, rest) => {
    step.exitCode = Number(rest);
  },
};

function readLine(scene: Scene, text: string, line: number): void {
  const [, mark = "", rest = ""] = /^(\S+)(?: (.*))?$/.exec(text) ?? [];
  const step = scene.drafts.at(-1);
  const setScene = sceneMarks[mark];
  const extendStep = stepMarks[mark];
  if (setScene !== undefined) setScene(scene, rest, line);
  else if (step !== undefined && extendStep !== undefined) extendStep(step, rest);
  else if (text !== "") throw new Error(`line ${line} is not understood: ${text}`);
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/**
 * Reads a transcript. `env`, `file` and `left` set the scene; `$` is a command (words without quotes), `<` a line of
 * its standard input, `>` a line of its standard output, `2>` a pattern for a line of standard error, `exit` its code
 * (else 0), `#` a remark; `left` is a pattern too. Throws for any other line.
 */
export function parseTranscript(text: string): Transcript {
  const scene: Scene = { variables: {}, before: {}, drafts: [], after: [] };
  for (const [index, line] of text.split("\n").entries()) readLine(scene, line, index + 1);
  const steps = scene.drafts.map((draft) => ({ ...draft, stdin: joinLines(draft.stdin), stdout: joinLines(draft.stdout) }));
  return { variables: scene.variables, before: scene.before, steps, after: scene.after };
}
