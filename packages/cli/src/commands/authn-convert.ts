import { formatAuthenticationConfiguration, signatureAlgorithms } from "@kubepass/authenticator";
import { CredentialError } from "@kubepass/wire";
import { algorithmsOf, loadAuthnSource, refuseSource, validateAuthnSource } from "../authn-source.ts";
import type { Invocation } from "../command.ts";
import { formatDocument } from "../format-document.ts";
import { parseSettings } from "../settings.ts";

/**
 * `kubepass authn convert`: prints the AuthenticationConfiguration that says what kube-apiserver's `--oidc-*` flags say. Throws
 * `CONFIG_INVALID` for flags that it would refuse.
 */
export async function authnConvert(invocation: Invocation): Promise<number> {
  const [path, ...others] = invocation.parsed.words;
  if (others.length > 0) throw new CredentialError("USAGE_INVALID", "authn convert takes one manifest, or --oidc-* flags");
  const source = loadAuthnSource(path, invocation);
  if (source.kind === "text") {
    throw new CredentialError("USAGE_INVALID", `${source.name} is not the manifest of a kube-apiserver`, {
      hint: "name the manifest whose --oidc-* flags are to be converted, or give the flags themselves",
    });
  }
  const result = validateAuthnSource(source);
  if (result.kind === "invalid") throw refuseSource(source, result.problems);
  const { output } = parseSettings(invocation.options);
  const document = formatAuthenticationConfiguration(result.compiled.configuration);
  invocation.stdout.write(await formatDocument(document, output === "json" ? "json" : "yaml"));
  const algorithms = algorithmsOf(source);
  if (algorithms.length < signatureAlgorithms.length) {
    invocation.host.log.warn(`kube-apiserver takes ${algorithms.join(", ")} alone by these flags, and every algorithm by the file`);
  }
  return 0;
}
