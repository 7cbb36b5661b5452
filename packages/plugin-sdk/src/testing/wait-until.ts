/** Resolves when the condition holds, for what another process does in its own time; rejects after `timeoutMs`. */
export async function waitUntil(holds: () => boolean, timeoutMs = 60_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
