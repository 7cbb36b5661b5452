import { errorCatalogue } from "@kubepass/wire";
import { exitCodeMeanings, judgedExitCodes } from "./exit-codes.ts";
import { providers } from "../registry.ts";
import { formatVariableName, globalOptions } from "../options/global-options.ts";
import { formatRows, wrapParagraphs } from "./wrap-text.ts";

/** A page of help that is about no single command. */
export interface Topic {
  readonly name: string;
  readonly summary: string;
  format(width: number): string;
}

const folders = [
  { term: "KUBEPASS_CONFIG_DIR", text: "folder of config.yaml" },
  { term: "KUBEPASS_STATE_DIR", text: "folder of sessions that are kept in files, and of their index" },
  { term: "KUBEPASS_CACHE_DIR", text: "folder of what can be fetched again" },
  { term: "KUBEPASS_RUNTIME_DIR", text: "folder of short-lived credentials and locks" },
];

const others = [
  { term: "KUBERNETES_EXEC_INFO", text: "set by kubectl: the version of the protocol, and the cluster" },
  { term: "KUBECONFIG", text: "kubeconfig files whose contexts `status` shows" },
  { term: "HTTPS_PROXY, HTTP_PROXY, NO_PROXY", text: "proxies, with the rules that Go programs follow" },
  { term: "NO_COLOR", text: "no colours and no drawing characters" },
  { term: "CI", text: "nobody is there to be asked" },
];

function formatEnvironment(width: number): string {
  const variables = globalOptions.map((spec) => ({ term: formatVariableName(spec.name), text: spec.description }));
  const [example] = providers;
  return [
    wrapParagraphs(
      `Every option can come from a flag, a variable or the config file, in this order:\n  flag > variable > cluster extension of the kubeconfig > config.yaml > default\n` +
        `A provider's option is named after it: --client-id of ${example.name} is ${formatVariableName("client-id", example.name)}, and client-id below ${example.name}: in config.yaml. ` +
        "In a variable, the items of a list are separated by commas or line breaks, the key=value members of a map by line breaks; JSON works for both. " +
        "`-vv` shows where each value came from.",
      width,
    ),
    `Global options:\n${formatRows(variables, width)}`,
    `Folders (absolute paths):\n${formatRows(folders, width)}`,
    `Also read:\n${formatRows(others, width)}`,
  ].join("\n\n");
}

function listCodes(exitCode: number): string {
  const codes = Object.entries(errorCatalogue).filter(([, entry]) => entry.exitCode === exitCode);
  return codes.map(([code]) => code).join(", ");
}

function formatExitCodes(width: number): string {
  const rows = Object.entries(exitCodeMeanings).map(([code, text]) => {
    const codes = listCodes(Number(code));
    return { term: code, text: codes === "" ? text : `${text} (${codes})` };
  });
  return [
    wrapParagraphs("An error is one line on standard error, with its code in parentheses, and often a hint:", width),
    "  kubepass: error: issuer-url is missing (CONFIG_INVALID)\n  kubepass: hint: run: kubepass help get-token oidc",
    wrapParagraphs(
      "With --output json or --non-interactive it is one line of JSON with the members code, reason, message, hint and retryable. " +
        "With --non-interactive it is the only line, unless -v asks for more: warnings are in its member warnings.",
      width,
    ),
    formatRows(rows, width),
    wrapParagraphs(judgedExitCodes, width),
  ].join("\n\n");
}

const places = [
  { term: "credentials", text: "short-lived tokens, in a private folder that most systems empty at restart" },
  { term: "sessions", text: "refresh tokens, in the system's keyring; where there is none, in a file that only you can read" },
  { term: "config.yaml", text: "never a secret: one comes from --client-secret-file, --client-secret-command or --client-secret-stdin" },
];

const security = `A secret on a command line or in a kubeconfig can be read by others on the machine, and by whoever gets the kubeconfig. No level of -v shows a secret.

A kubeconfig can run any program, so treat one from somebody else like a program from somebody else. Its cluster extension may only choose who you sign in as for that cluster (issuer, client id, scopes, audience), never how connections are checked, what is started, or where tokens go.

Only https issuers are talked to. Options that give up protection begin with insecure- and warn at each use.

\`kubepass status\` shows what is kept on this machine, and \`kubepass logout --all\` removes it and revokes what can be revoked.`;

function formatSecurity(width: number): string {
  return `What is kept where:\n${formatRows(places, width)}\n\n${wrapParagraphs(security, width)}`;
}

/** Every topic, in the order of the overview. */
export const topics: readonly Topic[] = [
  { name: "environment", summary: "variables, folders, and the order in which options count", format: formatEnvironment },
  { name: "exit-codes", summary: "what each exit code means, and the error codes behind it", format: formatExitCodes },
  { name: "security", summary: "what is kept where, and who can read it", format: formatSecurity },
];
