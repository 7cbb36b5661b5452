import { testProvider } from "@kubepass/plugin-sdk/testing";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadEksProvider } from "./provider.ts";
import { type EksScene, keyVariables, startEksScene } from "./test-support/scene.ts";

let scene: EksScene;

beforeAll(async () => {
  scene = await startEksScene();
});

afterAll(async () => {
  await scene.close();
});

testProvider(test, "the EKS provider", {
  create: async () => {
    const variables = { AWS_REGION: "us-west-2", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "not-a-real-one" };
    const host = scene.createHost({ variables });
    try {
      return await loadEksProvider({ "cluster-name": "prod" }, host);
    } finally {
      host.remove();
    }
  },
  hostOptions: { variables: { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "not-a-real-one", DISPLAY: ":0" } },
});

/** What a module loads at once, directly or not: neither types nor what is imported later. */
function listLoaded(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(new URL(file, import.meta.url), "utf8");
  for (const [, what = "", from = ""] of text.matchAll(/^(?:import|export) (?!type )([^;]*?) from "([^"]+)";$/gm)) {
    const isTypeOnly = /^\{(\s*type [\w ]+,?)+\s*\}$/.test(what);
    if (from.startsWith("./")) listLoaded(from, seen);
    else if (!isTypeOnly) seen.add(from);
  }
  return seen;
}

test("a cached credential loads no network, no cryptography and no AWS SDK", () => {
  const loaded = [...listLoaded("./index.ts")].filter((name) => !name.startsWith("./"));
  expect(loaded.toSorted()).toEqual(["@kubepass/plugin-sdk", "@kubepass/wire", "node:fs", "node:path"]);
});

test("a token from keys asks nobody anything", async () => {
  const before = scene.proxyTargets.length;
  const host = scene.createHost({ variables: keyVariables(scene.aws.accounts.addUser("quiet")) });
  try {
    const provider = await loadEksProvider({ "cluster-name": "prod" }, host);
    expect(provider.label).toContain("prod in us-west-2 by access key AKIA");
    expect(scene.proxyTargets.length).toBe(before);
  } finally {
    host.remove();
  }
});
