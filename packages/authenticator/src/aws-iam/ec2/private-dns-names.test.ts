import { describe, expect, it } from "vitest";
import { parseXml } from "../xml.ts";
import { formatDescribeInstances, parseDescribeInstances } from "./describe-instances.ts";
import { PrivateDnsNames } from "./private-dns-names.ts";

interface Scene {
  readonly names: PrivateDnsNames;
  readonly calls: (readonly string[])[];
  advance(durationMs: number): void;
  fail(error: Error | undefined): void;
}

function createScene(known: Readonly<Record<string, string>>): Scene {
  const calls: (readonly string[])[] = [];
  let nowMs = 0;
  let failure: Error | undefined;
  const names = new PrivateDnsNames({
    describe: async (ids) => {
      calls.push(ids);
      if (failure !== undefined) throw failure;
      return new Map(Object.entries(known).filter(([id]) => ids.includes(id)));
    },
    perSecond: 15,
    burst: 5,
    now: () => new Date(nowMs),
    pause: async (durationMs) => {
      nowMs += durationMs;
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
  });
  return { names, calls, advance: (durationMs) => void (nowMs += durationMs), fail: (error) => void (failure = error) };
}

const known = { "i-00000001": "ip-1.internal", "i-00000002": "ip-2.internal" };

describe("private DNS names", () => {
  it("of many are asked for together, each id once, and kept", async () => {
    const scene = createScene(known);
    const found = await Promise.all(["i-00000001", "i-00000002", "i-00000001"].map(scene.names.find));
    expect(found.map((each) => (each.kind === "found" ? each.name : each.kind))).toEqual([
      "ip-1.internal",
      "ip-2.internal",
      "ip-1.internal",
    ]);
    await scene.names.find("i-00000002");
    expect(scene.calls).toEqual([["i-00000001", "i-00000002"]]);
  });

  it("of ids that somebody made up spoil nothing for others, and do not stay in flight", async () => {
    const scene = createScene(known);
    const poisoned = Array.from({ length: 250 }, (_, index) => `i-${index.toString(16).padStart(8, "f")}`);
    const [good, ...bad] = await Promise.all(["i-00000001", ...poisoned].map(scene.names.find));
    expect(good).toEqual({ kind: "found", name: "ip-1.internal" });
    expect(new Set(bad.map(({ kind }) => kind))).toEqual(new Set(["unknown"]));
    expect(scene.calls.every((ids) => ids.length <= 100)).toBe(true);
    scene.advance(10_001);
    expect((await scene.names.find(poisoned[0] ?? "")).kind).toBe("unknown");
  });

  it("stay known while made-up ids flood the memory", async () => {
    const scene = createScene(known);
    await scene.names.find("i-00000001");
    for (let start = 0; start < 12_000; start += 1000)
      await Promise.all(
        Array.from({ length: 1000 }, async (_, index) => await scene.names.find(`i-${(start + index).toString(16).padStart(17, "e")}`)),
      );
    const before = scene.calls.length;
    expect(await scene.names.find("i-00000001")).toEqual({ kind: "found", name: "ip-1.internal" });
    expect(scene.calls).toHaveLength(before);
  });

  it("are doubt while EC2 cannot be asked, and asked for again", async () => {
    const scene = createScene(known);
    scene.fail(new Error("down"));
    expect((await scene.names.find("i-00000001")).kind).toBe("uncertain");
    scene.fail(undefined);
    expect((await scene.names.find("i-00000001")).kind).toBe("found");
  });
});

describe("private DNS names while the verifier is closed", () => {
  it.each([0, 1])("are doubt for everybody who waits, after %d pauses", async (pauses) => {
    const closing = new AbortController();
    let left = pauses;
    const names = new PrivateDnsNames({
      describe: async () => await Promise.resolve(new Map()),
      perSecond: 1,
      burst: 0,
      now: () => new Date(0),
      pause: async () => {
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (left === 0) closing.abort();
        left -= 1;
        closing.signal.throwIfAborted();
      },
    });
    const found = await Promise.all(["i-00000001", "i-00000002", "i-00000001"].map(names.find));
    expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(["uncertain"]));
    expect((await names.find("i-00000003")).kind).toBe("uncertain");
  });
});

describe("DescribeInstances", () => {
  it("asks by a filter, so that unknown ids are only absent", () => {
    expect(formatDescribeInstances(["i-1", "i-2"])).toEqual([
      ["Action", "DescribeInstances"],
      ["Version", "2016-11-15"],
      ["Filter.1.Name", "instance-id"],
      ["Filter.1.Value.1", "i-1"],
      ["Filter.1.Value.2", "i-2"],
    ]);
  });

  const answer = (instance: string): ReadonlyMap<string, string> | undefined => {
    const root = parseXml(
      `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item><instancesSet><item>${instance}</item></instancesSet></item></reservationSet></DescribeInstancesResponse>`,
    );
    return root === undefined ? undefined : parseDescribeInstances(root);
  };

  it("finds the instance's own name, not that of a network card or a tag", () => {
    const cards = "<networkInterfaceSet><item><privateDnsName>evil.internal</privateDnsName></item></networkInterfaceSet>";
    const tags = "<tagSet><item><key>privateDnsName</key><value>&lt;privateDnsName&gt;evil&lt;/privateDnsName&gt;</value></item></tagSet>";
    const found = answer(`<instanceId>i-1</instanceId>${cards}${tags}<privateDnsName>ip-1.internal</privateDnsName>`);
    expect([...(found ?? [])]).toEqual([["i-1", "ip-1.internal"]]);
  });

  it.each(["", "system:masters", "{{AccountID}}", "a b", "-a", "a..b", "x".repeat(300)])(
    "takes no name that is no host name: %j",
    (name) => {
      expect([...(answer(`<instanceId>i-1</instanceId><privateDnsName>${name}</privateDnsName>`) ?? [])]).toEqual([]);
    },
  );
});
