import { win32 } from "node:path";
import { formatPrintable } from "@kubepass/wire";
import type { AuthProviderConfig, User } from "../kubeconfig.ts";
import { isRemovedProvider } from "../credentials/auth-providers.ts";
import { auditExec } from "./audit-exec.ts";
import { hideUserInfo } from "../hide-user-info.ts";
import { type Finding, listInWords, normalizePath, note, risk } from "./finding.ts";

/** The keys under which auth-providers keep what lets its holder in. */
const storedSettings = ["id-token", "access-token", "refresh-token", "client-secret"];

/** Whom an auth-provider talks to, what that one is given, and by what it is known. */
function auditIssuer(subject: string, origin: string | undefined, { config }: AuthProviderConfig): readonly Finding[] {
  const reveal = (key: string): string => config.get(key)?.reveal() ?? "";
  const issuer = formatPrintable(hideUserInfo(reveal("idp-issuer-url")), 200);
  if (issuer === "") return [];
  const given = ["refresh-token", "client-secret"].filter((key) => reveal(key) !== "");
  const authority = formatPrintable(reveal("idp-certificate-authority"), 200);
  // To client-go nothing in an auth-provider is relative to the kubeconfig.
  const where = win32.isAbsolute(authority) ? authority : `${authority}, which kubectl looks for in the folder that it is started in`;
  const file = authority === "" ? "" : where;
  const trusted = reveal("idp-certificate-authority-data") === "" ? file : "the kubeconfig";
  return [
    note("ISSUER", subject, origin, `${issuer} is asked for new tokens${given.length === 0 ? "" : `, and gets the ${listInWords(given)}`}`),
    ...(trusted === "" ? [] : [note("TRUSTS", subject, origin, `for that it trusts the certificate authority in ${trusted}`)]),
  ];
}

function auditAuthProvider(subject: string, { authProvider, origin }: User): readonly Finding[] {
  if (authProvider === undefined) return [];
  const { name, config } = authProvider;
  const command = config.get("cmd-path")?.reveal();
  const stored = storedSettings.filter((key) => (config.get(key)?.reveal() ?? "") !== "");
  return [
    ...auditIssuer(subject, origin, authProvider),
    ...(command === undefined
      ? []
      : [
          risk(
            "AUTH_PROVIDER_COMMAND",
            subject,
            origin,
            `some clients run ${formatPrintable(command, 120)} through a shell`,
            "use an exec plugin instead",
          ),
        ]),
    ...(name === "oidc"
      ? []
      : [
          note(
            "AUTH_PROVIDER_REMOVED",
            subject,
            origin,
            `clients of today know no auth-provider ${formatPrintable(name, 60)}${isRemovedProvider(name) ? ": kubepass kubeconfig convert replaces it" : ""}`,
          ),
        ]),
    ...(stored.length > 0
      ? [
          risk(
            "SECRET_IN_FILE",
            subject,
            origin,
            `the ${listInWords(stored)} of an auth-provider ${stored.length === 1 ? "stands" : "stand"} in the kubeconfig`,
            "use an exec plugin instead of the auth-provider: kubepass kubeconfig convert",
          ),
        ]
      : []),
  ];
}

function auditStored(subject: string, user: User): readonly Finding[] {
  const stored = [
    ...(user.token === undefined ? [] : ["a token"]),
    ...(user.password === undefined ? [] : ["a password"]),
    ...(user.clientKeyData === undefined ? [] : ["a private key"]),
  ];
  if (stored.length === 0) return [];
  const hint = "use an exec plugin: kubepass kubeconfig add";
  return [
    risk(
      "SECRET_IN_FILE",
      subject,
      user.origin,
      `${listInWords(stored)} ${stored.length === 1 ? "stands" : "stand"} in the kubeconfig: whoever has the file is this user`,
      hint,
    ),
  ];
}

// Where other programs keep what lets its holder in, or the system what nobody should see.
const foreignSecrets =
  /\/\.(?:ssh|aws|gnupg|docker|netrc|azure|npmrc|pypirc|git-credentials|pgpass|config\/(?:gcloud|gh)|kube\/config)\b|\/run\/secrets\/(?:pods\.)?eks\.amazonaws\.com\/|\/run\/secrets\/azure\/|^\/etc\/(?:shadow|passwd)|^\/proc\//u;

function auditFiles(subject: string, user: User): readonly Finding[] {
  const { tokenFile, clientCertificate, clientKey, origin } = user;
  const files = [clientCertificate, clientKey].filter((path) => path !== "");
  return [
    ...(files.length === 0 ? [] : [note("READS", subject, origin, `it reads ${listInWords(files)}`)]),
    ...(tokenFile === "" ? [] : [note("SENDS", subject, origin, `it sends what is in ${tokenFile} to the server`)]),
    // A file of another program's secrets, sent to whatever server the same kubeconfig names.
    ...(foreignSecrets.test(normalizePath(tokenFile))
      ? [
          risk(
            "SENDS_FOREIGN_SECRET",
            subject,
            origin,
            `${tokenFile} is not meant for a Kubernetes cluster, and would be sent to one`,
            "do not use this kubeconfig",
          ),
        ]
      : []),
  ];
}

function auditImpersonation(subject: string, user: User): readonly Finding[] {
  const extra = [...user.impersonateExtra].map(([key, values]) => `${key}=${values.join(",")}`);
  const parts = [
    ...(user.impersonate === "" ? [] : [user.impersonate]),
    ...(user.impersonateUid === "" ? [] : [`with the uid ${user.impersonateUid}`]),
    ...(user.impersonateGroups.length === 0 ? [] : [`in the groups ${user.impersonateGroups.join(", ")}`]),
    ...(extra.length === 0 ? [] : [`with the extra ${extra.join(", ")}`]),
  ];
  if (parts.length === 0) return [];
  return [note("IMPERSONATES", subject, user.origin, `it acts as ${parts.map((part) => formatPrintable(part, 200)).join(" ")}`)];
}

/** What one user entry runs, reads, sends and keeps. */
export function auditUser(name: string, user: User): readonly Finding[] {
  const subject = `users/${name}`;
  const { exec, origin } = user;
  return [
    ...(exec === undefined ? [] : auditExec(subject, origin, exec)),
    ...auditAuthProvider(subject, user),
    ...auditStored(subject, user),
    ...auditFiles(subject, user),
    ...auditImpersonation(subject, user),
  ];
}
