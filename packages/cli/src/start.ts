import type { Program } from "./run.ts";
import { answerAtOnce } from "./shortcut/answer-at-once.ts";

/**
 * Answers a call that was answered before, else runs the command line; resolves to the exit code. Everything that the
 * first needs is small, and nothing of the second is loaded for it. Never throws.
 */
export async function start(program: Program): Promise<number> {
  const { argv, host, stdout } = program;
  const answer = answerAtOnce(argv, host);
  if (answer === undefined) {
    const { run } = await import("./run.ts");
    return await run(program);
  }
  try {
    stdout.write(answer);
    return 0;
  } catch (error) {
    const { tellFailure } = await import("./run.ts");
    return tellFailure(error, argv, host);
  }
}
