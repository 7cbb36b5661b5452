import type { JsonObject } from "@kubepass/wire";
import { describe, expect, it, onTestFinished } from "vitest";
import { keepStatuses, type KeptStatuses } from "./keep-statuses.ts";

const account = "123456789012";
const arn = `arn:aws:iam::${account}:role/Admin`;
const canonical = arn.toLowerCase();
const object = (name: string, version: string, spec: JsonObject, status: JsonObject = {}): JsonObject => ({
  metadata: { name, resourceVersion: version },
  spec,
  status,
});

interface Scene {
  readonly statuses: KeptStatuses;
  /** What was sent: path, and the status. */
  readonly sent: string[];
  readonly told: string[];
  readonly pauses: number[];
  /** Until nothing more is written. */
  readonly settle: () => Promise<void>;
}

/** Writes to an API server that answers with these statuses, one after the other, and then with 200. */
function createScene(...answers: readonly (number | Error)[]): Scene {
  const left = [...answers];
  const [sent, told, pauses]: [string[], string[], number[]] = [[], [], []];
  const statuses = keepStatuses({
    path: "/mappings",
    patch: async (path, change) => {
      sent.push(`${path} ${JSON.stringify(change["status"])}`);
      const answer = left.shift() ?? 200;
      if (answer instanceof Error) throw answer;
      return await Promise.resolve(new Response("{}", { status: answer }));
    },
    onFailure: (message) => void told.push(message),
    sleep: async (durationMs) => void pauses.push(durationMs),
  });
  onTestFinished(async () => await statuses.close());
  const settle = async (): Promise<void> => {
    for (let count = 0; count < 100; count += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  return { statuses, sent, told, pauses, settle };
}

const write = (name: string, text = canonical): string => `/mappings/${name}/status {"canonicalARN":"${text}"}`;

describe("the status of a mapping", () => {
  it.each<[string, JsonObject, JsonObject, readonly string[]]>([
    ["is written where it is missing, in lower case", { arn }, {}, [write("a")]],
    ["is written anew where it is another one", { arn }, { canonicalARN: "arn:aws:iam::1:role/x", userID: "kept" }, [write("a")]],
    ["is left alone where it is right", { arn }, { canonicalARN: canonical }, []],
    ["is the role of a session", { arn: `arn:aws:sts::${account}:assumed-role/Admin/me` }, {}, [write("a")]],
    ["is left alone where the ARN is none", { arn: "arn:aws:s3:::bucket" }, {}, []],
    ["is left alone where there is no ARN", { arn: 7 }, {}, []],
  ])("%s", async (_what, spec, status, expected) => {
    const { statuses, sent, settle } = createScene();
    statuses.show([object("a", "1", spec, status), {}, { metadata: 1, spec: [], status: null }]);
    await settle();
    expect(sent).toEqual(expected);
  });

  it("names the object as a URL does", async () => {
    const { statuses, sent, settle } = createScene();
    statuses.show([object("a/../b?c", "1", { arn })]);
    await settle();
    expect(sent).toEqual([write("a%2F..%2Fb%3Fc")]);
  });

  it.each([200, 404, 422])("that is answered with %i is not written again until the object is another one", async (answer) => {
    const { statuses, sent, told, settle } = createScene(answer);
    for (const version of ["1", "1", "1"]) {
      statuses.show([object("a", version, { arn })]);
      await settle();
    }
    expect(sent).toHaveLength(1);
    statuses.show([object("a", "2", { arn })]);
    await settle();
    expect(sent).toHaveLength(2);
    expect(told).toEqual([]);
  });

  it("is tried again later where it may not be written now, others first, and that is told once", async () => {
    const { statuses, sent, told, pauses, settle } = createScene(403, 500, new Error("no connection"), 429);
    statuses.show([object("a", "1", { arn }), object("b", "1", { arn })]);
    await settle();
    expect(sent.map((text) => text.split("/")[2])).toEqual(["a", "b", "a", "b", "a", "b"]);
    expect(pauses).toEqual([1000, 2000, 4000, 8000]);
    expect(told).toEqual(["a was answered with status 403"]);
  });

  it("is asked for at longer and longer pauses, up to five minutes", async () => {
    const { statuses, pauses, settle } = createScene(...Array.from({ length: 12 }, () => 403));
    statuses.show([object("a", "1", { arn })]);
    await settle();
    expect(pauses.slice(-4)).toEqual([256_000, 300_000, 300_000, 300_000]);
  });

  it("of an object that is gone is not written", async () => {
    const { statuses, sent, settle } = createScene();
    statuses.show([object("a", "1", { arn })]);
    statuses.show([]);
    await settle();
    expect(sent.length).toBeLessThanOrEqual(1);
    statuses.show([object("b", "1", { arn })]);
    await statuses.close();
    statuses.show([object("c", "1", { arn })]);
    await settle();
    expect(sent.join()).not.toContain("/c/");
  });
});
