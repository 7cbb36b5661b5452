import { writeSync } from "node:fs";
import { CredentialError, findSystemCode } from "@kubepass/wire";
import type { Output } from "./command.ts";

const standardOutput = 1;

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}

type Stream = Pick<NodeJS.WritableStream, "write" | "on">;

function writeThrough(text: string): void {
  let rest: Uint8Array = Buffer.from(text, "utf8");
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(standardOutput, rest));
    } catch (error) {
      if (findSystemCode(error) !== "EAGAIN")
        throw new CredentialError("OUTPUT_FAILED", "cannot write to standard output", { cause: error });
      // A full pipe that somebody else made non-blocking: wait for the reader.
      pause();
    }
  }
}

/**
 * Writes to a stream without holding up whatever else goes on; resolves when the reader has taken it. Rejects with `OUTPUT_FAILED`;
 * `name` is the stream's for people.
 */
export function createLaterWriter(findStream: () => Stream, name: string): (text: string) => Promise<void> {
  let stream: Stream | undefined;
  // Whoever writes is told of it; unheard, it would end the process.
  const open = (): Stream => findStream().on("error", () => {});
  return async (text) =>
    await new Promise<void>((resolve, reject) => {
      stream ??= open();
      stream.write(text, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(new CredentialError("OUTPUT_FAILED", `cannot write to ${name}`, { cause: error }));
      });
    });
}

/**
 * Standard output. `write` has written through before it returns: the process may end right after. A stream object would
 * cost start-up time, and on Windows loses what it has not written when the process ends; so only `writeLater` asks for it.
 */
export function createStandardOutput(findStream: () => Stream): Output {
  return { write: writeThrough, writeLater: createLaterWriter(findStream, "standard output") };
}
