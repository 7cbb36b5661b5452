import { auditKubeconfig, type Finding } from "@kubepass/kubeconfig";
import { formatPrintable, type JsonObject } from "@kubepass/wire";
import type { Invocation } from "../command.ts";
import { formatDocument } from "../format-document.ts";
import { formatRows } from "../help/wrap-text.ts";
import { writeTrusted } from "../kubeconfig-allowlist.ts";
import { findOpenFiles } from "../kubeconfig-permissions.ts";
import { isOwnOn, type KubeconfigSources, loadSources, requireSources } from "../kubeconfig-sources.ts";
import { parseSettings } from "../settings.ts";

const policyRefused = 6;

function describeFindings(findings: readonly Finding[], { sources }: KubeconfigSources, width: number): string {
  const subjects = [...new Set(findings.map(({ subject }) => subject))];
  const blocks = subjects.map((subject) => {
    const own = findings.filter((finding) => finding.subject === subject);
    const rows = own.map(({ level, text, hint }) => ({ term: level, text: hint === undefined ? text : `${text}; ${hint}` }));
    const file = own[0]?.file;
    const place = file === undefined || file === subject || sources.length < 2 ? "" : ` (${formatPrintable(file)})`;
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

function formatFinding({ level, code, subject, file, text, hint }: Finding): JsonObject {
  return { level, code, subject, file, text, hint };
}

/** `kubepass kubeconfig audit`: what a kubeconfig would run, read, trust and leave unverified. Exit code 6 when there is a risk. */
export async function kubeconfigAudit(invocation: Invocation): Promise<number> {
  const { host, stdout } = invocation;
  // Before anything is written.
  const { output: form } = parseSettings(invocation.options);
  const sources = loadSources(invocation);
  requireSources(sources, host);
  const { platform, variables } = host.environment;
  const found = [...findOpenFiles(sources, platform), ...auditKubeconfig(sources.merged, { variables })];
  const allowlist = isOwnOn(invocation, "write-allowlist") ? await writeTrusted(sources.merged, found, host) : undefined;
  const findings = [...found, ...(allowlist?.findings ?? [])];
  const risks = countRisks(findings);
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
      allowlist: allowlist?.allowed,
      leftOut: allowlist?.leftOut,
    };
    stdout.write(await formatDocument(document, form));
  }
  return risks === 0 ? 0 : policyRefused;
}
