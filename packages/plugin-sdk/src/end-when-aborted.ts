import { toCredentialError } from "@kubepass/wire";

/** What is started, or the signal's reason as soon as it is aborted: Ctrl-C works whatever an author forgot. */
export async function endWhenAborted<T>(signal: AbortSignal, start: () => T | Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(toCredentialError(signal.reason));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([start(), aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
