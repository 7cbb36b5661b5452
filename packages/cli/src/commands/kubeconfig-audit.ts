import { join } from "node:path";
import { auditKubeconfig, cleanPath, type Finding, type Kubeconfig, writeAllowlist } from "@kubepass/kubeconfig";
import { CredentialError, formatPrintable, type JsonObject } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { formatDocument } from "../format-document.ts";
import { formatRows } from "../help/wrap-text.ts";
import { findOpenFiles } from "../kubeconfig-permissions.ts";
import { isOwnOn, type KubeconfigSources, loadSources, requireSources } from "../kubeconfig-sources.ts";
import { findGivenOutput } from "../settings.ts";

const policyRefused = 6;

function describeFindings(findings: readonly Finding[], { sources }: KubeconfigSources, width: number): string {
  const subjects = [...new Set(findings.map(({ subject }) => subject))];
  const blocks = subjects.map((subject) => {
    const own = findings.filter((finding) => finding.subject === subject);
    const rows = own.map(({ level, text, hint }) => ({ term: level, text: hint === undefined ? text : `${text}; ${hint}` }));
    const file = own[0]?.file;
    const place = file === undefined || sources.length < 2 ? "" : ` (${formatPrintable(file)})`;
    return `${formatPrintable(subject)}${place}\n${formatRows(
      rows.map(({ term, text }) => ({ term, text: formatPrintable(text, 600) })),
      width,
    )}`;
  });
  return blocks.length === 0 ? "there is nothing in it\n" : `${blocks.join("\n\n")}\n`;
}

function countRisks(findings: readonly Finding[]): number {
  return findings.filter(({ level }) => level === "risk").length;
}

function describeEnd(risks: number): string {
  if (risks === 0) return "\nno risk found; nothing was run, opened or reached\n";
  return `\n${risks === 1 ? "1 risk" : `${risks} risks`} found; nothing was run, opened or reached\n`;
}

/** The plugins that nothing was said against, for any user: kubectl compares the command alone, not arguments or variables. */
function listTrustedCommands(kubeconfig: Kubeconfig, findings: readonly Finding[], platform: NodeJS.Platform): readonly string[] {
  const risky = new Set(findings.filter(({ level, code }) => level === "risk" && code !== "SECRET_IN_FILE").map(({ subject }) => subject));
  const plugins = [...kubeconfig.users].flatMap(([name, { exec }]) =>
    exec === undefined || exec.command === "" ? [] : [{ command: cleanPath(exec.command, platform), isRisky: risky.has(`users/${name}`) }],
  );
  const distrusted = new Set(plugins.filter(({ isRisky }) => isRisky).map(({ command }) => command));
  return [...new Set(plugins.map(({ command }) => command))].filter((command) => !distrusted.has(command)).toSorted();
}

async function writeTrusted(invocation: Invocation, merged: Kubeconfig, findings: readonly Finding[]): Promise<readonly string[]> {
  const { directories, environment, signal } = invocation.host;
  const given = environment.variables["KUBERC"];
  if (given === "off")
    throw new CredentialError("CONFIG_INVALID", "KUBERC=off: kubectl would not read the allowlist", { hint: "unset KUBERC" });
  const commands = listTrustedCommands(merged, findings, environment.platform);
  if (commands.length === 0)
    throw new CredentialError("CONFIG_INVALID", "there is no plugin that could be allowed", {
      hint: "kubectl compares commands alone: one with a risk for any user is left out; an empty allowlist is not valid",
    });
  const path = given || join(directories.home, ".kube", "kuberc");
  const all = await writeAllowlist(path, commands, { signal, platform: environment.platform });
  invocation.host.terminal.write(`kubepass: kubectl may run these plugins and no others, by ${path}: ${all.join(", ")}\n`);
  return all;
}

function formatFinding({ level, code, subject, file, text, hint }: Finding): JsonObject {
  return { level, code, subject, file, text, hint };
}

/** `kubepass kubeconfig audit`: what a kubeconfig would run, read, trust and leave unverified. Exit code 6 when there is a risk. */
export async function kubeconfigAudit(invocation: Invocation): Promise<number> {
  const { host, stdout } = invocation;
  const sources = loadSources(invocation);
  requireSources(sources, host);
  const findings = [...findOpenFiles(sources, host.environment.platform), ...auditKubeconfig(sources.merged)];
  const risks = countRisks(findings);
  const allowlist = isOwnOn(invocation, "write-allowlist") ? await writeTrusted(invocation, sources.merged, findings) : undefined;
  const form = findGivenOutput(invocation);
  if (form === "text") stdout.write(describeFindings(findings, sources, host.terminal.columns) + describeEnd(risks));
  else {
    const files = sources.sources.map(({ path }) => path);
    const document = {
      apiVersion: "kubepass.dev/v1",
      kind: "KubeconfigAudit",
      files,
      missing: sources.missing,
      risks,
      findings: findings.map(formatFinding),
      allowlist,
    };
    stdout.write(await formatDocument(document, form));
  }
  return risks === 0 ? 0 : policyRefused;
}
