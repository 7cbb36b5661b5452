import { writeFileSync } from "node:fs";
import { join } from "node:path";

const certificate = Buffer.from(
  `-----BEGIN CERTIFICATE-----\n${"MIIDBjCCAe6gAwIBAgIBATANBgkqhkiG9w0BAQsFADAV\n".repeat(20)}-----END CERTIFICATE-----\n`,
).toString("base64");

function formatExec(index: number): string {
  return [
    `- name: user-${index}`,
    "  user:",
    "    exec:",
    "      apiVersion: client.authentication.k8s.io/v1",
    "      args:",
    "      - get-token",
    "      - oidc",
    `      - --issuer-url=https://issuer-${index}.example`,
    "      command: kubepass",
    "      env: null",
    "      interactiveMode: IfAvailable",
    "      provideClusterInfo: false",
  ].join("\n");
}

/** Writes a kubeconfig as kubectl writes it, with so many contexts, each with a cluster and a user of its own; returns its path. */
export function writeKubeconfig(folder: string, count: number): string {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const clusters = numbers.map(
    (index) =>
      `- cluster:\n    certificate-authority-data: ${certificate}\n    server: https://cluster-${index}.example:6443\n  name: cluster-${index}`,
  );
  const contexts = numbers.map((index) => `- context:\n    cluster: cluster-${index}\n    user: user-${index}\n  name: context-${index}`);
  const text = [
    "apiVersion: v1",
    "clusters:",
    ...clusters,
    "contexts:",
    ...contexts,
    `current-context: context-${count - 1}`,
    "kind: Config",
    "preferences: {}",
    "users:",
    ...numbers.map(formatExec),
    "",
  ].join("\n");
  const path = join(folder, `config-${count}`);
  writeFileSync(path, text);
  return path;
}
