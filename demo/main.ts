// npm run demo: kubepass at work, with nothing to set up. `npm run demo -- --help` tells the flags.
import { join } from "node:path";
import { playDemo } from "./demo.ts";
import { createFolder } from "./folder.ts";
import { helpText, parseSettings } from "./settings.ts";
import { createTranscript } from "./transcript.ts";

function readSettings(): ReturnType<typeof parseSettings> | undefined {
  try {
    return parseSettings(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${helpText}`);
    return undefined;
  }
}

async function play(settings: ReturnType<typeof parseSettings>): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort(new Error(signal)));
  const { env: variables, stdout } = process;
  // Nobody reads any more, as in `npm run demo | head`.
  stdout.on("error", (error) => interrupted.abort(error));
  const areColoursWelcome = stdout.isTTY && (variables["NO_COLOR"] ?? "") === "" && variables["TERM"] !== "dumb";
  const transcript = createTranscript({ areColoursWelcome, write: (text) => stdout.write(text) });
  const folder = createFolder(variables);
  const { signal } = interrupted;
  try {
    const isGood = await playDemo({ root: join(import.meta.dirname, ".."), settings, folder, variables, transcript, signal });
    return isGood ? 0 : 1;
  } catch (error) {
    if (signal.aborted) return 130;
    transcript.problem(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    folder.remove();
  }
}

const settings = readSettings();
if (settings === undefined) process.exitCode = 2;
else if (settings.isHelpWanted) process.stdout.write(helpText);
else process.exitCode = await play(settings);
