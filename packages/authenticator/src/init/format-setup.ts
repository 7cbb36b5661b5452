import { isIP } from "node:net";
import type { CertificatePair } from "./create-certificate.ts";

/** The first configuration, with what one may want to change next. Relative names begin at the folder of the file. */
export function formatServeConfig(address: string): string {
  return `# Configuration of kubepass serve. Schema: docs/serve.schema.json. Every file it names is read again when it changes.
apiVersion: kubepass.dev/v1
kind: ServeConfiguration
listen:
  address: ${JSON.stringify(address)}
  certificateFile: server.crt
  privateKeyFile: server.key
  callers:
    clientAuthorityFile: authority.crt
    clientNames: [kube-apiserver]
operations:
  address: 127.0.0.1:8080
verifiers:
  # The first that takes a token decides.
  - tokenFile:
      path: tokens.csv
  # - jwt:
  #     configFile: authentication.yaml   # kube-apiserver's AuthenticationConfiguration, unchanged
`;
}

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** What the kubeconfig says. */
export interface WebhookPlace {
  readonly host: string;
  readonly port: string;
  readonly authority: CertificatePair;
  readonly client: CertificatePair;
}

/** The file for kube-apiserver's --authentication-token-webhook-config-file. */
export function formatWebhookKubeconfig({ host, port, authority, client }: WebhookPlace): string {
  const server = `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}/authenticate`;
  return `# For kube-apiserver --authentication-token-webhook-config-file=webhook.yaml --authentication-token-webhook-version=v1
apiVersion: v1
kind: Config
clusters:
  - name: kubepass
    cluster:
      server: ${server}
      certificate-authority-data: ${base64(authority.certificatePem)}
users:
  - name: kube-apiserver
    user:
      client-certificate-data: ${base64(client.certificatePem)}
      client-key-data: ${base64(client.privateKeyPem)}
contexts:
  - name: webhook
    context:
      cluster: kubepass
      user: kube-apiserver
current-context: webhook
`;
}
