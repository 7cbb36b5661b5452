import { CredentialError } from "@kubepass/wire";
import { expect, test } from "vitest";
import { endWhenAborted } from "./end-when-aborted.ts";

const interrupted = new CredentialError("INTERRUPTED", "interrupted");

test("what never answers ends with the signal", async () => {
  const controller = new AbortController();
  const ending = endWhenAborted(controller.signal, async () => await new Promise<never>(() => {}));
  controller.abort(interrupted);
  await expect(ending).rejects.toBe(interrupted);
});

test("after the signal nothing is started whose failure nobody would hear", async () => {
  let starts = 0;
  const start = (): void => void (starts += 1);
  await expect(endWhenAborted(AbortSignal.abort(interrupted), start)).rejects.toBe(interrupted);
  expect(starts).toBe(0);
  await endWhenAborted(new AbortController().signal, start);
  expect(starts).toBe(1);
});

test("what fails at once, or answers without a promise, is told as it is", async () => {
  const { signal } = new AbortController();
  const fail = (): never => {
    throw new Error("broken");
  };
  await expect(endWhenAborted(signal, fail)).rejects.toThrow("broken");
  expect(await endWhenAborted(signal, () => 5)).toBe(5);
});
