import { CredentialError } from "@kubepass/wire";

/** The refusal of a file that cannot be read as a kubeconfig. The reason never quotes a value: it may be a token. */
export function refuseKubeconfig(reason: string, hint?: string): CredentialError {
  return new CredentialError("KUBECONFIG_INVALID", reason, { hint });
}
