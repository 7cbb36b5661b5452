import { describe, expect, it } from "vitest";
import { machine } from "./machine.ts";
import { makeTree } from "./made-up-tree.ts";

const judge = async (text: string, path = "docs/guide.md"): Promise<readonly string[]> =>
  (await machine(makeTree({ [path]: text }))).violations;

describe("the machine law", () => {
  it.each([
    "see /home/mallory/code",
    "see /Users/mallory/code",
    "cd /root/kubepass",
    "cd /work/kubepass",
    "C:\\Users\\mallory\\code",
    '"resolved": "https://registry.example.org/uqr/-/uqr.tgz"',
    "https://artifactory.example.org/api/npm/",
  ])("refuses %s", async (text) => {
    expect((await judge(`first\n${text}`))[0]).toMatch(/^docs\/guide\.md:2 holds /);
  });

  it.each([
    "/home/anna/.kube/config",
    "https://issuer.example/home/page",
    "$HOME/.kube",
    "packages/work/src",
    "/usr/bin/kubectl",
    "./home/x/y",
  ])("takes %s", async (text) => {
    expect(await judge(text)).toEqual([]);
  });
});
