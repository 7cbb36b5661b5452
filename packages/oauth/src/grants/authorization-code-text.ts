import { type ClusterInfo, formatPrintable, type JsonObject } from "@kubepass/wire";

/** What the terminal says when a sign-in starts. */
export interface Invitation {
  readonly issuer: string;
  readonly cluster: string | undefined;
  readonly url: string;
  readonly timeoutMs: number;
  readonly isBrowserOpened: boolean;
}

function formatHost(url: string): string {
  return formatPrintable(URL.canParse(url) ? new URL(url).host : url, 100);
}

/** What people call a cluster: the configured name, else the host of its server. */
export function describeCluster(name: string | undefined, cluster: ClusterInfo | undefined): string | undefined {
  if (name !== undefined && name !== "") return formatPrintable(name, 100);
  return cluster === undefined || cluster.server === "" ? undefined : formatHost(cluster.server);
}

/** Who was signed in, by the name that people know best. */
export function describeAccount(claims: JsonObject | undefined): string | undefined {
  const names = ["email", "preferred_username", "name", "sub"].map((claim) => claims?.[claim]);
  const name = names.find((value) => typeof value === "string" && value !== "");
  return typeof name === "string" ? formatPrintable(name, 200) : undefined;
}

/** A duration for people: `45 seconds`, `3 minutes`, `1 minute`. */
export function formatDuration(durationMs: number): string {
  const [count, unit] =
    durationMs < 90_000 && durationMs !== 60_000 ? [Math.ceil(durationMs / 1000), "second"] : [Math.round(durationMs / 60_000), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** The first line of each way to sign in: who asks, where, and for what. */
export function formatHeading(issuer: string, cluster: string | undefined): string {
  return `kubepass: sign in to ${formatHost(issuer)}${cluster === undefined ? "" : ` for cluster ${cluster}`}\n`;
}

/** What is shown before anything is asked. The URL stands alone on its line, so that it can be copied or clicked whole. */
export function formatInvitation(invitation: Invitation): string {
  const time = formatDuration(invitation.timeoutMs);
  const lead = invitation.isBrowserOpened
    ? `Opening your browser (waiting ${time}). If nothing appears, visit:`
    : `Visit this address in a browser within ${time}:`;
  return `${formatHeading(invitation.issuer, invitation.cluster)}${lead}\n\n${invitation.url}\n\n`;
}

/** Said when a sign-in is complete. */
export function formatSignedIn(account: string | undefined): string {
  return account === undefined ? "Signed in.\n" : `Signed in as ${formatPrintable(account, 200)}.\n`;
}

/** Said when no browser could be started. */
export const browserMissingText = "No browser could be opened: visit the address above.\n";

/** The question that goes on beside the browser. */
export const pasteQuestion = "Or paste the address it ends on (or the code) here: ";
