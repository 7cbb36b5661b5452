import { printCredential } from "@kubepass/plugin-sdk";
import type { Invocation } from "../command.ts";
import { createProvider, createRequest } from "../credential-request.ts";
import { rememberShortcut } from "../shortcut/remember-shortcut.ts";

/** `kubepass get-token <provider>`: what kubectl runs. Prints one ExecCredential, or nothing. */
export async function getToken(invocation: Invocation): Promise<number> {
  const provider = await createProvider(invocation);
  invocation.stdout.write(await printCredential(createRequest(invocation, provider), invocation.host));
  rememberShortcut(invocation, provider);
  return 0;
}
