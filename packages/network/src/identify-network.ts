import { createHash } from "node:crypto";
import { formatCanonicalJson } from "@kubepass/wire";
import type { NetworkHost, NetworkOptions } from "./network-options.ts";

/**
 * One text for each way to the network: authorities, checks, certificate, headers, proxy. What one way fetched is not used
 * by another, so that a run with weaker checks cannot prepare the answers of a stricter one.
 */
export function identifyNetwork(options: NetworkOptions, host: NetworkHost): string {
  const { variables } = host.environment;
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"];
  const text = formatCanonicalJson({
    authorities: options.certificateAuthorityPems ?? [],
    certificate: options.clientCertificate?.certificatePem,
    isUnchecked: options.isServerCertificateUnchecked ?? false,
    headers: { ...options.headers },
    environment: Object.fromEntries(names.map((name) => [name, variables[name] || variables[name.toLowerCase()] || undefined])),
  });
  return createHash("sha256").update(text).digest("hex");
}
