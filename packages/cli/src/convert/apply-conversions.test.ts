import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createFakeHost } from "@kubepass/plugin-sdk/testing";
import { expect, onTestFinished, test } from "vitest";
import { loadSources } from "../kubeconfig-sources.ts";
import { parseArguments } from "../options/parse-arguments.ts";
import { noOptions } from "../options/resolve-options.ts";
import { testRuntime } from "../test-support/run-in-process.ts";
import { applyConversions, type EditedFile, isConverted } from "./apply-conversions.ts";
import { planConversions } from "./plan-conversions.ts";

function formatConfig(clientId: string, token: string): string {
  return `users: [{name: anna, user: {auth-provider: {name: oidc, config: {idp-issuer-url: "https://i.example", client-id: ${clientId}, id-token: ${token}}}}}]\n`;
}

/** Plans for one text of the kubeconfig, and writes when it has become another. */
async function convertLate(planned: string, changed: string): Promise<{ readonly files: readonly EditedFile[]; readonly text: string }> {
  const host = createFakeHost({ variables: {} });
  onTestFinished(() => host.remove());
  const path = join(host.directories.home, ".kube", "config");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, planned);
  const options = { ...noOptions, values: { "no-backup": true } };
  const invocation = { host, parsed: parseArguments(["kubeconfig", "convert", "--no-backup"]), options, runtime: testRuntime };
  const plan = planConversions(invocation, loadSources(invocation).merged, undefined);
  writeFileSync(path, changed);
  const files = await applyConversions(plan.filter(isConverted), undefined, invocation);
  return { files, text: readFileSync(path, "utf8") };
}

test("a user that somebody changes meanwhile stays as it is then", async () => {
  for (const changed of [formatConfig("other", "t"), "users: []\n", "users: [{name: anna, user: {token: t}}]\n"]) {
    const { files, text } = await convertLate(formatConfig("k", "t"), changed);
    expect(files).toMatchObject([{ failure: { code: "KUBECONFIG_UNUSABLE", message: 'the user "anna" was changed meanwhile' } }]);
    expect(text).toBe(changed);
  }
});

test("a user whose token is renewed meanwhile is converted all the same", async () => {
  const { files, text } = await convertLate(formatConfig("k", "old"), formatConfig("k", "new"));
  expect(files.map(({ failure }) => failure)).toEqual([undefined]);
  expect(text).toContain("--client-id=k");
  expect(text).not.toContain("new");
});
