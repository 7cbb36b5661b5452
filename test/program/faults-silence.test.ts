import type { FaultyAnswer, IssuerEndpoint } from "@kubepass/testkit";
import { describe, expect, test } from "vitest";
import { checkFailure, getToken, left, setScene, useExecutable } from "./fault-scene.ts";

// An issuer that takes a request and says nothing, or stops in the middle: thirty seconds, all of them at once.

useExecutable();

const unreachable = { code: "ISSUER_UNREACHABLE", exit: 5, says: /did not answer within 30 s/, hint: /try again/ };
const silent: FaultyAnswer = { connection: "silent" };
const stalled: FaultyAnswer = { body: { half: "of an answer" }, connection: "stalled" };
const endless: FaultyAnswer = { body: "x".repeat(100_000), drip: { bytes: 1, everyMs: 100 } };

const faults: readonly (readonly [IssuerEndpoint, string, FaultyAnswer, readonly string[]])[] = [
  ["discovery", "is silent", silent, left.failure],
  ["discovery", "stops in the middle", stalled, left.failure],
  ["discovery", "goes on for ever", endless, left.failure],
  ["token", "is silent", silent, left.failureAfterDiscovery],
  ["keys", "is silent", silent, left.failureAfterDiscovery],
];

describe.concurrent("after thirty seconds", { timeout: 180_000 }, () => {
  for (const [endpoint, what, answer, files] of faults) {
    test(`the ${endpoint} endpoint that ${what} is given up`, async (context) => {
      const scene = await setScene({}, context);
      scene.issuer.answers[endpoint] = answer;
      checkFailure(await scene.signIn(), unreachable);
      expect(await scene.left()).toEqual(files);
    });
  }

  test("a refresh is given up; no window opens, and the session is kept and works", async (context) => {
    const scene = await setScene({}, context);
    getToken(await scene.signIn());
    scene.user.forgetRuntime();
    const before = scene.session();
    scene.issuer.answers.token = silent;
    checkFailure(await scene.run(), unreachable);
    expect([scene.session(), await scene.left()]).toEqual([before, left.failureWithSession]);
    delete scene.issuer.answers.token;
    scene.user.passTime(left.attempts, 5_000);
    getToken(await scene.run());
    expect(scene.user.opened()).toHaveLength(1);
  });
});
