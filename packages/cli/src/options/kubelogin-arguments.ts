/**
 * What a kubeconfig written for int128/kubelogin may say differently. Names of flags that mean the same are
 * `aliases` in the option tables; here is what differs in the value, or is not offered.
 */

/** Flags that kubelogin splits at commas and whose values never hold one. */
const commaLists: ReadonlySet<string> = new Set(["oidc-extra-scope", "listen-address"]);

/** Flags whose value may hold several members at once. */
const maps: ReadonlySet<string> = new Set(["oidc-request-header", "oidc-auth-request-extra-params"]);

/** With two signs or more kubelogin reads `a=1,b=2` as members between commas, in quotes where they hold one; else commas are the value's. */
function splitMembers(value: string): readonly string[] {
  if (value.split("=").length < 3 || !/^(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*$/.test(value)) return [value];
  const fields = value.match(/"(?:[^"]|"")*"|[^",]+/g) ?? [];
  return fields.map((field) => (field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field));
}

/** Values by flag. */
const values: Readonly<Record<string, Readonly<Record<string, string>>>> = { "token-cache-storage": { disk: "file" } };

const whyNotOffered: Readonly<Record<string, string>> = {
  "token-cache-dir": "kubepass chooses its folders itself, and `kubepass status` shows them: remove the flag",
  "oidc-use-pkce": "PKCE is always used: remove the flag",
  "tls-renegotiation-once": "TLS renegotiation is not offered: remove the flag",
  "tls-renegotiation-freely": "TLS renegotiation is not offered: remove the flag",
};

/** How klog, which kubelogin logs with, is told where to write. */
const logPlaces: ReadonlySet<string> = new Set([
  "add_dir_header",
  "alsologtostderr",
  "alsologtostderrthreshold",
  "legacy_stderr_threshold_behavior",
  "log_backtrace_at",
  "log_dir",
  "log_file",
  "log_file_max_size",
  "logtostderr",
  "one_output",
  "skip_headers",
  "skip_log_headers",
  "stderrthreshold",
  "vmodule",
]);

/** An argument as kubepass understands it: `-v1`, `-v=1` and `--v=1` are levels of klog. */
export function translateArgument(argument: string): string {
  const level = /^-{1,2}v=?(\d+)$/.exec(argument)?.[1];
  return level === undefined ? argument : `--verbosity=${Math.min(Number(level), 2)}`;
}

/** The values of one flag as kubepass understands them. */
export function translateValue(flag: string, value: string): readonly string[] {
  if (commaLists.has(flag)) return value.split(",").filter((item) => item !== "");
  if (maps.has(flag)) return splitMembers(value);
  return [values[flag]?.[value] ?? value];
}

/** Why a flag of kubelogin is not offered and what to do; `undefined` for any other name. */
export function explainFlag(name: string): string | undefined {
  if (logPlaces.has(name)) return "everything is told on standard error, and -v or -vv says how much: remove the flag";
  return Object.hasOwn(whyNotOffered, name) ? whyNotOffered[name] : undefined;
}
