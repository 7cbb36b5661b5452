import { expect, test } from "vitest";
import { LineWriter } from "./decision-log.ts";
import { waitUntil } from "./test-support/wait-until.ts";

/** A reader who takes nothing until it is told to. */
function createStuckReader() {
  const texts: string[] = [];
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const told = { dropped: 0, failures: 0 };
  const write = async (text: string): Promise<void> => {
    texts.push(text);
    await released;
  };
  const log = new LineWriter(write, { onDropped: () => (told.dropped += 1), onFailure: () => (told.failures += 1) });
  return { log, texts, told, release: () => release() };
}

test("lines wait for a reader who is stuck, up to a bound, and come when it reads again", async () => {
  const { log, texts, told, release } = createStuckReader();
  log.add("first");
  await waitUntil(() => texts.length === 1);
  const line = "x".repeat(1024 * 1024);
  for (let count = 0; count < 6; count += 1) log.add(line);
  expect(texts).toEqual(["first\n"]);
  expect(told).toEqual({ dropped: 2, failures: 0 });
  release();
  await log.close(10_000);
  expect(texts.slice(1)).toEqual([`${line}\n`.repeat(4)]);
  log.add("last");
  await log.close(10_000);
  expect(texts.at(-1)).toBe("last\n");
});

test("a reader who never reads does not hold up the end", async () => {
  const { log, texts } = createStuckReader();
  log.add("first");
  await log.close(10);
  expect(texts).toEqual(["first\n"]);
});

test.each([
  ["at once", (): void => expect.unreachable()],
  ["later", async (): Promise<void> => await Promise.reject(new Error("EPIPE"))],
])("a reader who has gone is told of once: %s", async (_, write) => {
  let failures = 0;
  const log = new LineWriter(write, { onDropped: () => {}, onFailure: () => (failures += 1) });
  for (const line of ["one", "two"]) {
    log.add(line);
    await log.close(10_000);
  }
  expect(failures).toBe(1);
});
