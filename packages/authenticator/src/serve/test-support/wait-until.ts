/** Looks again and again until it is so; throws after 15 s. */
export async function waitUntil(look: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 15_000;
  while (!(await look())) {
    if (performance.now() > deadlineMs) throw new Error("it never was so");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
