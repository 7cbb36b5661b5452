import { formatPrintable } from "@kubepass/wire";
import type { ExecConfig, User } from "../kubeconfig.ts";
import { type Finding, note, risk } from "./finding.ts";

// Programs that run whatever their arguments say.
const interpreters =
  /^(?:a|ba|c|da|fi|k|tc|z)?sh$|^(?:cmd|powershell|pwsh|env|xargs|sudo|su|ssh|nc|ncat|socat|curl|wget|busybox)$|^(?:python|perl|ruby|node|deno|bun|php|lua|osascript)[\d.]*$/i;
// Variables that make a program load or run something else, or talk to somebody else.
const steering =
  /^(?:LD_|DYLD_)|^(?:PATH|NODE_OPTIONS|BASH_ENV|ENV|PYTHONPATH|PYTHONSTARTUP|PERL5OPT|RUBYOPT|JAVA_TOOL_OPTIONS|GIT_SSH_COMMAND|IFS|SHELLOPTS)$|^(?:HTTPS?_PROXY|ALL_PROXY|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|AWS_CA_BUNDLE|NODE_TLS_REJECT_UNAUTHORIZED)$/i;
const sharedFolder = /^(?:\/tmp|\/var\/tmp|\/dev\/shm|\/private\/tmp)\//;

/** The last part of a path, without `.exe`. */
function nameOf(command: string): string {
  return command.replace(/^.*[/\\]/, "").replace(/\.(?:exe|cmd|bat)$/i, "");
}

function auditCommand(subject: string, origin: string | undefined, command: string): readonly Finding[] {
  if (command === "") return [];
  const findings: Finding[] = [];
  if (interpreters.test(nameOf(command))) {
    findings.push(
      risk("PLUGIN_SHELL", subject, origin, `${nameOf(command)} runs whatever its arguments say`, "name the credential program itself"),
    );
  }
  if (sharedFolder.test(command)) {
    findings.push(
      risk("PLUGIN_SHARED_FOLDER", subject, origin, "everybody on this machine may put a program there", "move it to a folder of yours"),
    );
  }
  if (!/[/\\]/.test(command))
    findings.push(note("PLUGIN_FROM_PATH", subject, origin, "which program that is depends on PATH; an absolute path would say"));
  return findings;
}

function auditExec(subject: string, origin: string | undefined, exec: ExecConfig): readonly Finding[] {
  const line = formatPrintable([exec.command, ...exec.args].join(" "), 200);
  const steered = exec.env.map((variable) => variable.name).filter((name) => steering.test(name));
  return [
    note("RUNS", subject, origin, `it runs ${line}`),
    ...auditCommand(subject, origin, exec.command),
    ...(steered.length === 0
      ? []
      : [
          risk(
            "PLUGIN_ENVIRONMENT",
            subject,
            origin,
            `it sets ${steered.join(", ")}, which changes what the program loads or trusts`,
            "remove the variables, or trust whoever wrote them",
          ),
        ]),
    ...(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/.test(exec.installHint)
      ? [risk("HINT_UNPRINTABLE", subject, origin, "the installHint holds characters that steer a terminal", "remove them")]
      : []),
    ...(exec.interactiveMode === ""
      ? [note("PLUGIN_WITHOUT_MODE", subject, origin, "it says no interactiveMode, which clients refuse")]
      : []),
  ];
}

function auditAuthProvider(subject: string, { authProvider, origin }: User): readonly Finding[] {
  if (authProvider === undefined) return [];
  const { name, config } = authProvider;
  const command = config.get("cmd-path")?.reveal();
  return [
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
      : [note("AUTH_PROVIDER_REMOVED", subject, origin, `clients of today know no auth-provider ${formatPrintable(name, 60)}`)]),
    ...(config.has("refresh-token") || config.has("client-secret")
      ? [
          risk(
            "SECRET_IN_FILE",
            subject,
            origin,
            "a refresh token or client secret stands in the kubeconfig",
            "use an exec plugin that keeps it in a keyring",
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
      `${stored.join(" and ")} stands in the kubeconfig: whoever has the file is this user`,
      hint,
    ),
  ];
}

function auditFiles(subject: string, user: User): readonly Finding[] {
  const { tokenFile, clientCertificate, clientKey, origin } = user;
  const files = [clientCertificate, clientKey].filter((path) => path !== "");
  return [
    ...(files.length === 0 ? [] : [note("READS", subject, origin, `it reads ${files.join(" and ")}`)]),
    ...(tokenFile === "" ? [] : [note("SENDS", subject, origin, `it sends what is in ${tokenFile} to the server`)]),
    // A file of another program's secrets, sent to whatever server the same kubeconfig names.
    ...(/\/\.(?:ssh|aws|gnupg|docker|netrc|azure|config\/gcloud)\b|\/etc\/(?:shadow|passwd)/.test(tokenFile)
      ? [
          risk(
            "SENDS_FOREIGN_SECRET",
            subject,
            origin,
            `${tokenFile} is no Kubernetes token, and would be sent to the server`,
            "do not use this kubeconfig",
          ),
        ]
      : []),
  ];
}

/** What one user entry runs, reads, sends and keeps. */
export function auditUser(name: string, user: User): readonly Finding[] {
  const subject = `users/${name}`;
  const { exec, impersonate, origin } = user;
  return [
    ...(exec === undefined ? [] : auditExec(subject, origin, exec)),
    ...auditAuthProvider(subject, user),
    ...auditStored(subject, user),
    ...auditFiles(subject, user),
    ...(impersonate === "" ? [] : [note("IMPERSONATES", subject, origin, `it acts as ${formatPrintable(impersonate, 120)}`)]),
  ];
}
