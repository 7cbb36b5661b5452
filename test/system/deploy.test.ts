import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { root } from "./test-support/places.ts";
import { getProgram } from "./test-support/programs.ts";
import { checkExit, type Outcome, start } from "./test-support/run.ts";

const cluster = inject("cluster");
const manifests = ["static-pod", "daemonset", "deployment"].map((name) => join(root, "deploy", "manifests", `${name}.yaml`));
let folder: string;

async function kubectl(...args: readonly string[]): Promise<Outcome> {
  const { certificate, key } = cluster.administrator;
  const access = [
    `--server=${cluster.server}`,
    `--certificate-authority=${cluster.authorityFile}`,
    `--client-certificate=${certificate}`,
    `--client-key=${key}`,
  ];
  return await start(getProgram("kubectl"), [...access, ...args], { environment: { HOME: folder, KUBECONFIG: "/dev/null" }, folder }).ended;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kubepass-deploy-"));
  checkExit(await kubectl("create", "namespace", "kubepass"));
});

afterAll(async () => {
  await kubectl("delete", "namespace", "kubepass", "--wait=false");
  rmSync(folder, { recursive: true, force: true });
});

interface Manifest {
  readonly kind: string;
  readonly spec?: { readonly automountServiceAccountToken?: boolean; readonly template?: { readonly spec: Manifest["spec"] } };
}

function readManifests(path: string): readonly Manifest[] {
  return parseAllDocuments(readFileSync(path, "utf8")).map((document) => document.toJS() as Manifest);
}

describe.each(manifests)("%s", (path) => {
  it("is taken by a real API server, field by field", async () => {
    const outcome = await kubectl("apply", "--dry-run=server", "--validate=strict", `--filename=${path}`);
    checkExit(outcome);
    expect(outcome.stdout.trim().split("\n")).toHaveLength(readManifests(path).length);
    expect(outcome.stderr).toBe("");
  });

  it("asks for no right in the cluster", () => {
    const all = readManifests(path);
    expect(all.map(({ kind }) => kind).filter((kind) => /Role/.test(kind))).toEqual([]);
    const pods = all.flatMap(({ spec }) => spec?.template?.spec ?? (spec?.automountServiceAccountToken === undefined ? [] : [spec]));
    expect(pods).toHaveLength(1);
    for (const pod of pods) expect(pod?.automountServiceAccountToken).toBe(false);
  });
});
