import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority, createTestNetworkHost, sendJson, startServer } from "@kubepass/network/test-support";
import { Secret } from "@kubepass/wire";
import { expect, test } from "vitest";
import { noMetrics } from "../aws-iam/test-support/no-metrics.ts";
import { webhookFactory } from "./webhook-factory.ts";

const cache = { maxEntries: 0, successMs: 0, refusalMs: 0 };

/** What a webhook of an authority that the system trusts is worth when the kubeconfig names this authority. */
async function judge(choose: (system: string, other: string) => string | undefined): Promise<string> {
  const [system, other] = [await createAuthority("system"), await createAuthority("other")];
  const status = { authenticated: true, user: { username: "eve" } };
  const server = await startServer(
    (_, response) => sendJson(response, { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status }),
    await system.issue(),
  );
  const network = createTestNetworkHost();
  const systemFile = join(network.folder, "system.pem");
  writeFileSync(systemFile, system.certificatePem);
  const host = {
    ...createTestNetworkHost({ SSL_CERT_FILE: systemFile }),
    signal: new AbortController().signal,
  };
  const given = choose(system.certificatePem, other.certificatePem);
  const authority = given === undefined ? {} : { "certificate-authority-data": Buffer.from(given).toString("base64") };
  const kubeconfig = JSON.stringify({
    clusters: [{ name: "c", cluster: { server: server.origin, ...authority } }],
    contexts: [{ name: "w", context: { cluster: "c" } }],
    "current-context": "w",
  });
  const context = { host, awsIamMetrics: noMetrics, cache, readFile: async () => await Promise.resolve(kubeconfig) };
  const verifier = await webhookFactory.create({ kubeconfigFile: "w.yaml" }, context);
  const now = host.clock.now();
  const verdict = await verifier.verify(new Secret("t"), { audiences: [], now, signal: host.signal });
  return verdict.kind === "verified" ? verdict.user.username : verdict.code;
}

test("a webhook is trusted by the authority of its kubeconfig alone, where there is one", async () => {
  expect(await judge((_, other) => other)).toBe("WEBHOOK_UNREACHABLE");
  expect(await judge((system) => system)).toBe("eve");
});

test("a webhook is trusted by the system's authorities where its kubeconfig names none", async () => {
  expect(await judge(() => undefined)).toBe("eve");
});
