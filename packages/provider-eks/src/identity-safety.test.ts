import type { FakeHost } from "@kubepass/plugin-sdk/testing";
import type { AwsKey } from "@kubepass/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EksScene, getToken, keyVariables, startEksScene, whoIs, writeHomeFile } from "./test-support/scene.ts";

let scene: EksScene;
const people = new Map<string, AwsKey>();
const names = ["anna", "berta", "carla"] as const;

beforeAll(async () => {
  scene = await startEksScene();
  for (const name of names) people.set(name, scene.aws.accounts.addUser(name));
});

afterAll(async () => {
  await scene.close();
});

function getKey(name: string): AwsKey {
  const key = people.get(name);
  if (key === undefined) throw new Error(`nobody is called ${name}`);
  return key;
}

function formatProfiles(owner: string, other: string): string {
  const section = (profile: string, { accessKeyId, secretAccessKey }: AwsKey): string =>
    `[${profile}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  return section("work", getKey(owner)) + section("home", getKey(other)) + section("default", getKey(owner));
}

interface Turn {
  readonly way: "option" | "AWS_PROFILE" | "keys" | "default" | "session";
  readonly profile: "work" | "home";
  readonly owner: (typeof names)[number];
  readonly other: (typeof names)[number];
  readonly passedMinutes: number;
  readonly cluster: string;
}

const turns = fc.record<Turn>({
  way: fc.constantFrom("option", "AWS_PROFILE", "keys", "default", "session"),
  profile: fc.constantFrom("work", "home"),
  owner: fc.constantFrom(...names),
  other: fc.constantFrom(...names),
  passedMinutes: fc.constantFrom(0, 1, 13),
  cluster: fc.constantFrom("prod", "dev"),
});

/** Who the turn speaks for: told by what is set, not by what the program does. */
function expectedName({ way, profile, owner, other }: Turn): string {
  if (way === "keys" || way === "session") return owner;
  return way === "default" || profile === "work" ? owner : other;
}

function variablesFor(turn: Turn): Record<string, string> {
  const key = getKey(turn.owner);
  if (turn.way === "keys") return keyVariables(key);
  if (turn.way === "session") return keyVariables(scene.aws.accounts.addSession(key.identity, new Date(Date.now() + 86_400_000)));
  return turn.way === "AWS_PROFILE" ? { AWS_PROFILE: turn.profile } : {};
}

async function play(root: FakeHost, turn: Turn): Promise<string> {
  // Profiles change hands under the same name.
  writeHomeFile(root, ".aws/credentials", formatProfiles(turn.owner, turn.other));
  root.advance(turn.passedMinutes * 60_000);
  const host = scene.createHost({ sharedWith: root, variables: variablesFor(turn) });
  scene.aws.clock = () => host.clock.now();
  const values = { "cluster-name": turn.cluster, ...(turn.way === "option" ? { profile: turn.profile } : {}) };
  return await whoIs(await getToken(values, host), host, turn.cluster);
}

test("no order of keys, profiles and files that change hands ever serves another's token", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(turns, { minLength: 2, maxLength: 8 }), async (played) => {
      const root = scene.createHost();
      try {
        for (const turn of played) expect(await play(root, turn)).toBe(`arn:aws:iam::123456789012:user/${expectedName(turn)}`);
      } finally {
        root.remove();
      }
    }),
    { numRuns: 8 },
  );
});
