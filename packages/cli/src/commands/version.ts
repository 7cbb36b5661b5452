import { readBuildInfo } from "../build-info.ts";
import type { Invocation } from "../command.ts";
import { formatDocument } from "../format-document.ts";
import { parseSettings } from "../settings.ts";

/** `kubepass version`: what to put into a report. */
export async function version(invocation: Invocation): Promise<number> {
  const { host, runtime, stdout } = invocation;
  const { version: text, commit } = readBuildInfo();
  const platform = `${host.environment.platform}-${runtime.architecture}`;
  const { output: form } = parseSettings(invocation.options);
  if (form === "text") {
    stdout.write(
      `kubepass ${text} (${[...(commit === undefined ? [] : [commit.slice(0, 12)]), `${runtime.name} ${runtime.version}`, platform].join(", ")})\n`,
    );
    return 0;
  }
  const document = {
    apiVersion: "kubepass.dev/v1",
    kind: "Version",
    version: text,
    commit,
    runtime: runtime.name,
    runtimeVersion: runtime.version,
    platform,
  };
  stdout.write(await formatDocument(document, form));
  return 0;
}
