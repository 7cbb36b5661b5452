/**
 * The lines of a stream of UTF-8, as they come. Ends with the stream or the signal; throws for a line of more than `maxBytes`
 * and for what is no UTF-8.
 */
export async function* readLines(stream: ReadableStream<Uint8Array>, maxBytes: number, signal: AbortSignal): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const stop = (): void => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      signal.throwIfAborted();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > maxBytes) throw new Error("a line of the watch is too long");
      yield* lines;
      if (done) break;
    }
    if (rest !== "") yield rest;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
