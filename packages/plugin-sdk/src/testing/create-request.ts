import { execCredentialVersions } from "@kubepass/wire";
import type { CredentialRequest, PipelineSettings } from "../credential-request.ts";
import type { Provider } from "../provider.ts";

const settings: PipelineSettings = { interaction: "auto", sessionStore: "auto", loginHint: "run: plugin login" };

/** What kubectl of today asks of a provider, with the usual settings but for those that are given. */
export function createRequest(provider: Provider, change: Partial<PipelineSettings> = {}): CredentialRequest {
  return { provider, execInfo: { apiVersion: execCredentialVersions[0] }, settings: { ...settings, ...change } };
}
