import { writeSetup } from "@kubepass/authenticator/serve";
import type { Invocation } from "../command.ts";
import { findGivenText } from "../given-text.ts";
import { formatRows } from "../help/wrap-text.ts";

const nextSteps = `
Next:
  put people's tokens into tokens.csv, or name an AuthenticationConfiguration in serve.yaml
  kubepass serve --config=FOLDER/serve.yaml
  kube-apiserver --authentication-token-webhook-config-file=FOLDER/webhook.yaml --authentication-token-webhook-version=v1
`;

/** `kubepass serve init`: writes a configuration, certificates and the kubeconfig for kube-apiserver. */
export async function serveInit(invocation: Invocation): Promise<number> {
  const folder = findGivenText(invocation, "folder") ?? "kubepass-serve";
  const written = await writeSetup({
    folder,
    address: findGivenText(invocation, "address") ?? "127.0.0.1:8443",
    hosts: invocation.parsed.given.get("host")?.texts ?? ["127.0.0.1", "localhost"],
    now: invocation.host.clock.now(),
  });
  const rows = written.map(({ path, purpose }) => ({ term: path, text: purpose }));
  invocation.stdout.write(`${formatRows(rows, invocation.host.terminal.columns)}\n${nextSteps.replaceAll("FOLDER", folder)}`);
  return 0;
}
