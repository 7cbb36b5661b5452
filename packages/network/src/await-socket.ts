import type { Socket } from "node:net";

/** A connection that ended before the other side said what it had to. */
export class ConnectionClosedError extends Error {
  readonly code = "ECONNRESET";
}

/**
 * Lets `listen` wait for something on a socket, and ends the wait when the socket fails or closes, or the signal aborts
 * (the socket is destroyed and the promise rejects with the signal's reason). `listen` returns what takes its listeners off.
 */
export function awaitSocket<T>(
  socket: Socket,
  signal: AbortSignal,
  listen: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let stopListening = (): void => {};
    const finish = (): void => {
      stopListening();
      socket.off("error", fail);
      socket.off("close", close);
      signal.removeEventListener("abort", abort);
    };
    const fail = (error: unknown): void => {
      finish();
      // A later error of a socket that nobody listens to would end the process.
      socket.on("error", () => {});
      socket.destroy();
      reject(error);
    };
    const close = (): void => fail(new ConnectionClosedError("the connection was closed"));
    const abort = (): void => fail(signal.reason);
    socket.on("error", fail);
    socket.on("close", close);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    stopListening = listen((value) => {
      finish();
      resolve(value);
    }, fail);
  });
}

// More than any proxy says before the tunnel stands.
const maxGreetingBytes = 64 * 1024;

/**
 * Reads from a socket until `parse` has what it wants: it is handed all bytes so far and gives `undefined` for more.
 * Throws what `parse` throws; `createError` when there is more than a greeting's worth.
 */
export function readGreeting<T>(
  socket: Socket,
  signal: AbortSignal,
  createError: () => Error,
  parse: (bytes: Buffer) => T | undefined,
): Promise<T> {
  let bytes = Buffer.alloc(0);
  return awaitSocket(socket, signal, (resolve, reject) => {
    const read = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      try {
        const value = parse(bytes);
        if (value !== undefined) resolve(value);
        else if (bytes.length > maxGreetingBytes) reject(createError());
      } catch (error) {
        reject(error);
      }
    };
    socket.on("data", read);
    // A listener alone does not start a socket again that was paused before.
    socket.resume();
    return () => {
      socket.off("data", read);
      socket.pause();
    };
  });
}
