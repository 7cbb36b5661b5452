import { formatPrintable } from "@kubepass/wire";
import type { ExecConfig } from "../kubeconfig.ts";
import { findRunnerArgument, isInSharedFolder, isRunner, nameProgram } from "./command-programs.ts";
import { hideSecretArguments, isSecretName } from "../hide-command-secrets.ts";
import { type Finding, note, risk } from "./finding.ts";

// Variables that make a program load or run something else, or talk to somebody else.
const steering =
  /^(?:LD_|DYLD_)|^(?:PATH|NODE_OPTIONS|BASH_ENV|ENV|PYTHONPATH|PYTHONSTARTUP|PERL5OPT|RUBYOPT|JAVA_TOOL_OPTIONS|GIT_SSH_COMMAND|IFS|SHELLOPTS)$|^(?:HTTPS?_PROXY|ALL_PROXY|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|AWS_CA_BUNDLE|NODE_TLS_REJECT_UNAUTHORIZED)$/i;

function auditCommand(subject: string, origin: string | undefined, { command, args }: ExecConfig): readonly Finding[] {
  if (command === "") return [];
  const findings: Finding[] = [];
  const runner = isRunner(command) ? command : findRunnerArgument(args);
  if (runner !== undefined) {
    const text = `${formatPrintable(nameProgram(runner), 80)} runs whatever its arguments say`;
    findings.push(risk("PLUGIN_SHELL", subject, origin, text, "name the credential program itself"));
  }
  if (isInSharedFolder(command)) {
    findings.push(
      risk("PLUGIN_SHARED_FOLDER", subject, origin, "everybody on this machine may put a program there", "move it to a folder of yours"),
    );
  }
  if (!/[/\\]/.test(command))
    findings.push(note("PLUGIN_FROM_PATH", subject, origin, "which program that is depends on PATH; an absolute path would say"));
  return findings;
}

function auditSecrets(subject: string, origin: string | undefined, hidden: readonly string[], exec: ExecConfig): readonly Finding[] {
  const variables = exec.env.filter(({ name, value }) => isSecretName(name) && value.reveal() !== "").map(({ name }) => name);
  const all = [...new Set([...hidden, ...variables])];
  if (all.length === 0) return [];
  const text = `${formatPrintable(all.join(", "), 200)} of the plugin: ${all.length === 1 ? "a secret stands" : "secrets stand"} in the kubeconfig`;
  return [risk("SECRET_IN_FILE", subject, origin, text, "give it in a file or in the environment of the caller")];
}

/** What an exec plugin runs, with which secrets, and what steers it. */
export function auditExec(subject: string, origin: string | undefined, exec: ExecConfig): readonly Finding[] {
  const { shown, hidden } = hideSecretArguments(exec.args);
  const line = formatPrintable([exec.command, ...shown].join(" "), 200);
  const steered = exec.env.map((variable) => variable.name).filter((name) => steering.test(name));
  return [
    note("RUNS", subject, origin, `it runs ${line}`),
    ...auditCommand(subject, origin, exec),
    ...auditSecrets(subject, origin, hidden, exec),
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
