import { expect, it } from "vitest";
import { CircuitBreaker } from "./circuit-breaker.ts";

const limits = { failures: 1, firstPauseMs: 100, longestPauseMs: 1000, maxNames: 3 };

it("lets one try after a pause, and tells the others how long the last one was", () => {
  const breaker = new CircuitBreaker(limits);
  breaker.fail("a", 0);
  expect(breaker.enter("a", 99)).toBe(1);
  expect([breaker.enter("a", 100), breaker.enter("a", 100)]).toEqual([0, 100]);
  breaker.leave("a");
  expect(breaker.enter("a", 101)).toBe(0);
  breaker.succeed("a");
  expect([breaker.enter("a", 102), breaker.enter("a", 102)]).toEqual([0, 0]);
});

it("takes failures that were on their way for one", () => {
  const breaker = new CircuitBreaker(limits);
  for (let count = 0; count < 50; count += 1) breaker.fail("a", 10);
  expect(breaker.enter("a", 10)).toBe(100);
});

it("leaves alone for as long as was asked for, within bounds", () => {
  const breaker = new CircuitBreaker(limits);
  breaker.fail("a", 0, 300);
  breaker.fail("b", 0, 3_600_000);
  breaker.fail("c", 0, 1);
  expect(["a", "b", "c"].map((name) => breaker.enter(name, 0))).toEqual([300, 1000, 100]);
});

it("remembers no more names than it may, the latest ones", () => {
  const breaker = new CircuitBreaker(limits);
  for (let count = 0; count < 10_000; count += 1) breaker.fail(`name-${count}`, 0);
  const paused = Array.from({ length: 10_000 }, (_, index) => `name-${index}`).filter((name) => breaker.enter(name, 0) > 0);
  expect(paused).toEqual(["name-9997", "name-9998", "name-9999"]);
});
