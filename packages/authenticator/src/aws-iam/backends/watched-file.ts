/** A file's content, or that there is none. Other failures throw. */
export type ReadFile = (path: string) => Promise<string | undefined>;

/** What is watched, and who is told. */
export interface FileWatch {
  readonly path: string;
  readonly read: ReadFile;
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
  /** The content after each change; `undefined` when the file is gone, or not there yet. */
  readonly onContent: (content: string | undefined) => void;
  readonly onFailure: (message: string) => void;
}

const pollMs = 500;

/**
 * Looks at a file again and again until the signal aborts. Reading finds what notifications miss: links that are changed, as
 * kubelet does, and other file systems. A file must be gone twice in a row, because editors replace files. Never rejects.
 */
export async function watchFile(watch: FileWatch, signal: AbortSignal): Promise<void> {
  let last: string | undefined;
  let absences = 0;
  let isFirst = true;
  while (!signal.aborted) {
    try {
      const content = await watch.read(watch.path);
      absences = content === undefined ? absences + 1 : 0;
      const isSettled = content !== undefined || absences > 1 || isFirst;
      if (isSettled && (content !== last || isFirst)) {
        last = content;
        isFirst = false;
        watch.onContent(content);
      }
    } catch (error) {
      watch.onFailure(error instanceof Error ? error.message : String(error));
    }
    await watch.sleep(pollMs, signal).catch(() => {});
  }
}
