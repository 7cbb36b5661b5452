import type { CredentialRequest } from "./credential-request.ts";
import type { Host } from "./host.ts";
import { decideInteraction, type InteractionDecision } from "./interaction.ts";

/** Who is there for a request, by {@link decideInteraction}. Looking at the terminal costs a millisecond: it is asked only where that matters. */
export function decideForRequest({ settings, execInfo }: CredentialRequest, { environment, terminal }: Host): InteractionDecision {
  return decideInteraction({ setting: settings.interaction, interactive: execInfo.interactive, environment, terminal });
}
