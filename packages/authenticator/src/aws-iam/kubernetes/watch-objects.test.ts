import type { JsonObject } from "@kubepass/wire";
import { describe, expect, it } from "vitest";
import { type ClusterGet, watchObjects } from "./watch-objects.ts";

/** One scripted answer of the API server. */
type Answer = () => Response;

const list =
  (version: string, ...items: readonly JsonObject[]): Answer =>
  () =>
    Response.json({ metadata: { resourceVersion: version }, items });
const status =
  (code: number): Answer =>
  () =>
    new Response("{}", { status: code });
const events =
  (...lines: readonly unknown[]): Answer =>
  () =>
    new Response(lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
const named = (name: string, version: string, data: JsonObject = {}): JsonObject => ({
  metadata: { name, resourceVersion: version },
  data,
});

/** Runs a watch over answers, one after the other; ends when they are used up. */
async function run(answers: readonly Answer[]): Promise<{ seen: string[]; paths: string[]; failures: string[]; pauses: number[] }> {
  const controller = new AbortController();
  const left = [...answers];
  const [seen, paths, failures, pauses]: [string[], string[], string[], number[]] = [[], [], [], []];
  const get: ClusterGet = async (path) => {
    const next = left.shift();
    if (next === undefined) {
      controller.abort();
      throw new Error("over");
    }
    paths.push(path);
    return next();
  };
  await watchObjects(
    {
      path: "/things",
      fieldSelector: "metadata.name=a",
      get,
      sleep: async (durationMs) => void pauses.push(durationMs),
      onObjects: (objects) => void seen.push(JSON.stringify(objects.map((object) => object["data"]))),
      onFailure: (message) => void failures.push(message),
    },
    controller.signal,
  );
  return { seen, paths, failures, pauses };
}

describe("a watch", () => {
  it("tells all objects after the list and after each event", async () => {
    const { seen, paths } = await run([
      list("1", named("a", "1", { v: 1 })),
      events(
        { type: "MODIFIED", object: named("a", "2", { v: 2 }) },
        { type: "ADDED", object: named("b", "3", { v: 3 }) },
        { type: "BOOKMARK", object: named("", "9") },
        { type: "DELETED", object: named("a", "10") },
      ),
      events(),
    ]);
    expect(seen).toEqual(['[{"v":1}]', '[{"v":2}]', '[{"v":2},{"v":3}]', '[{"v":3}]']);
    expect(paths[0]).toBe("/things?fieldSelector=metadata.name%3Da");
    expect(paths[1]).toContain("watch=1&resourceVersion=1&");
    expect(paths[2]).toContain("resourceVersion=10&");
  });

  it("lists again when the version is gone, at once", async () => {
    const { seen, failures } = await run([
      list("1"),
      events({ type: "ERROR", object: { code: 410 } }),
      list("5", named("a", "5", { v: 5 })),
      status(410),
      list("6"),
    ]);
    expect(seen).toEqual(["[]", '[{"v":5}]', "[]"]);
    expect(failures).toEqual([]);
  });

  it("keeps what it knew through failures, with pauses that grow to a bound", async () => {
    const broken = Array.from({ length: 8 }, () => status(503));
    const { seen, pauses } = await run([list("1", named("a", "1", { v: 1 })), ...broken, list("2", named("a", "2", { v: 2 }))]);
    expect(seen).toEqual(['[{"v":1}]', '[{"v":2}]']);
    expect(pauses.slice(0, 8)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  });

  it("tells that nothing is there where the kind is not installed", async () => {
    expect((await run([status(404)])).seen).toEqual(["[]"]);
  });

  it.each([["no JSON"], [[]], [{ type: "ADDED" }], [{ type: "ADDED", object: 1 }], [{ type: "NEW", object: {} }]])(
    "that says %j is broken, and lists again",
    async (line) => {
      const { failures, seen } = await run([list("1"), events(line), list("2", named("a", "2", { v: 2 }))]);
      expect(failures).toHaveLength(1);
      expect(seen.at(-1)).toBe('[{"v":2}]');
    },
  );

  it.each([() => new Response("no JSON"), () => Response.json([]), () => Response.json({ items: 1 })])(
    "whose list is none is told",
    async (answer) => {
      expect((await run([answer])).failures).toHaveLength(1);
    },
  );
});
