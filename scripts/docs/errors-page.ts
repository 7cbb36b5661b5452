import { errorCatalogue } from "@kubepass/wire";
import { exitCodeMeanings, judgedExitCodes } from "../../packages/cli/src/help/exit-codes.ts";

const introduction = `# Errors

An error is one line on standard error, with a stable code in parentheses, and a second line when there is something to do:

\`\`\`
kubepass: error: issuer-url is missing (CONFIG_INVALID)
kubepass: hint: run: kubepass help get-token oidc
\`\`\`

With \`--output json\` or \`--non-interactive\` it is one line of JSON instead:

\`\`\`json
{"apiVersion":"kubepass.dev/v1","kind":"Error","code":"LOGIN_REQUIRED","reason":"login_required","message":"sign-in needed for issuer.example, but interaction is turned off","hint":"run: kubepass login oidc --issuer-url=https://issuer.example --client-id=kubernetes","retryable":false,"exitCode":3}
\`\`\`

\`retryable\` is true when the same call may succeed later without any change. \`problems\` is there when several are told together: a
list of what the message says in one line, up to 64 and how many more there are.

With \`--non-interactive\` that line is all there is on standard error of a command that fails: warnings that came before it are in its list \`warnings\`,
each with \`message\` and \`fields\`. A command that does not fail writes each warning as a line of its own, with \`"kind":"Log"\` and \`"level":"warning"\`.
\`-v\` asks for more lines: then everything is written as it happens, \`"kind":"Log"\` for each warning, decision (\`info\`) and request (\`debug\`), and the
error comes last. \`--output json\` alone does the same with warnings as \`-v\`, since a person may be there to read them in time.

\`kubepass serve\` runs long and holds nothing back: its log is written as it happens, with \`--output json\` or \`--non-interactive\` one JSON line each,
and an error that ends it comes last, without \`warnings\`. The commands that read no config file heed no \`-v\`.

Codes are never renamed; new ones may be added.
${judgedExitCodes}
This page is made from the program by \`npm run docs:errors\`.
`;

function formatSection(exitCode: string, meaning: string): string {
  const rows = Object.entries(errorCatalogue).filter(([, entry]) => String(entry.exitCode) === exitCode);
  if (rows.length === 0) return "";
  const table = ["| Code | Meaning |", "|---|---|", ...rows.map(([code, entry]) => `| \`${code}\` | ${entry.meaning} |`)];
  return `\n## Exit code ${exitCode}: ${meaning}\n\n${table.join("\n")}\n`;
}

/** The text of docs/errors.md: every code of the catalogue, by exit code. */
export function formatErrorsPage(): string {
  return (
    introduction +
    Object.entries(exitCodeMeanings)
      .map(([code, meaning]) => formatSection(code, meaning))
      .join("")
  );
}
