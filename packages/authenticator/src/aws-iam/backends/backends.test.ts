import { describe, expect, it } from "vitest";
import { identityOf } from "../test-support/tokens.ts";
import { mapIdentity } from "../mapping/map-identity.ts";
import { parseAwsAuth } from "../mapping/parse-mapping.ts";
import { BackendChain, parseBackendModes } from "./backend-chain.ts";
import { type DynamicFileOptions, startDynamicFile } from "./dynamic-file.ts";
import { createMountedFile } from "./mounted-file.ts";
import type { ReadFile } from "./watched-file.ts";

const account = "123456789012";
const identity = identityOf(`arn:aws:sts::${account}:assumed-role/Admin/me`);
const file = (username: string): string =>
  JSON.stringify({ mapRoles: [{ rolearn: `arn:aws:iam::${account}:role/Admin`, username, groups: [] }] });

/** A file whose contents are looked at one after the other; the watch stops when they are used up. */
class Reel {
  readonly #frames: (string | undefined | Error)[];
  readonly seen: string[] = [];
  #resume: (() => void) | undefined;

  constructor(frames: readonly (string | undefined | Error)[]) {
    this.#frames = [...frames];
  }

  readonly read: ReadFile = async () => {
    const frame = this.#frames.shift();
    if (frame instanceof Error) throw frame;
    return frame;
  };

  /** Sleeps until the test wants the next frame. */
  readonly sleep = async (_: number, signal: AbortSignal): Promise<void> =>
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });

  async turn(): Promise<void> {
    this.#resume?.();
    for (let count = 0; count < 5; count += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function startReel(frames: readonly (string | undefined | Error)[]) {
  const reel = new Reel(frames);
  const told: string[] = [];
  const options: DynamicFileOptions = {
    path: "/x",
    isStrict: false,
    reservedPrefixes: [],
    read: reel.read,
    sleep: reel.sleep,
    onProblems: (_, problems) => told.push(...problems.map(({ code }) => code)),
    onFailure: (message) => told.push(message),
  };
  const backend = startDynamicFile(options);
  const name = (): string => {
    const outcome = mapIdentity(identity, [backend.view()]);
    return outcome.kind === "rule" ? outcome.rule.username : outcome.kind;
  };
  return { reel, backend, name, told };
}

describe("a dynamic file", () => {
  it("counts at once when it changes, and as before while it is broken, unreadable or being replaced", async () => {
    const { reel, backend, name, told } = startReel([
      undefined,
      file("one"),
      file("two"),
      "{",
      new Error("EIO"),
      undefined,
      file("three"),
      undefined,
      undefined,
    ]);
    const names = [];
    for (let frame = 0; frame < 9; frame += 1) {
      await reel.turn();
      names.push(name());
    }
    expect(names).toEqual(["absent", "one", "two", "two", "two", "two", "three", "three", "absent"]);
    expect(told).toEqual(["JSON_BROKEN", "EIO"]);
    await backend.close();
  });

  it("is not read yet before it was looked at", async () => {
    const { backend, name } = startReel([]);
    expect(name()).toBe("unread");
    await backend.close();
  });
});

describe("the order of backends", () => {
  it.each([
    ["MountedFile,EKSConfigMap", ["MountedFile", "EKSConfigMap"]],
    ["CRD DynamicFile", ["CRD", "DynamicFile"]],
    ["File ConfigMap", ["MountedFile", "EKSConfigMap"]],
    ["", undefined],
    ["CRD CRD", undefined],
    ["Magic", undefined],
  ])("in %j is %j", (text, modes) => {
    expect(parseBackendModes(text)).toEqual(modes);
  });

  it("follows a file while it is there and whole", async () => {
    const reel = new Reel(["{", '{"backendMode":"CRD MountedFile"}', '{"backendMode":"Magic"}', undefined, undefined]);
    const failures: string[] = [];
    const modeFile = { path: "/m", read: reel.read, sleep: reel.sleep, onFailure: (message: string) => failures.push(message) };
    const started: string[] = [];
    const chain = new BackendChain({
      modes: ["MountedFile"],
      start: (name) => {
        started.push(name);
        const backend = createMountedFile(parseAwsAuth({}), []);
        return { ...backend, view: () => ({ ...backend.view(), name }) };
      },
      modeFile,
    });
    const orders = [];
    for (let frame = 0; frame < 5; frame += 1) {
      await reel.turn();
      orders.push(
        chain
          .views()
          .map(({ name }) => name)
          .join(" "),
      );
    }
    expect(orders).toEqual(["MountedFile", "CRD MountedFile", "CRD MountedFile", "CRD MountedFile", "MountedFile"]);
    expect(started).toEqual(["MountedFile", "CRD"]);
    expect(failures).toHaveLength(2);
    await chain.close();
  });
});
