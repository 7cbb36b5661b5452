import type { OptionValues } from "@kubepass/plugin-sdk";
import { oidcOptions } from "@kubepass/provider-oidc/options";
import type { Conversion, Kept, Surroundings } from "./conversion.ts";
import { refuseConversion } from "./conversion.ts";
import { describeProblems } from "../options/describe-problem.ts";
import { globalOptions } from "../options/global-options.ts";
import { explainFlag } from "../options/kubelogin-arguments.ts";
import { type ArgumentProblem, type ParsedArguments, parseArguments } from "../options/parse-arguments.ts";
import { resolveOptions } from "../options/resolve-options.ts";
import { createFlagSource } from "../options/sources.ts";
import { finishConversion } from "./finish-conversion.ts";
import { writeRedirect } from "./kubelogin-redirect.ts";
import { placeSecret } from "./place-secret.ts";

const from = "kubelogin get-token";

/** What kubelogin has as well, by our names. Anything else among its arguments it would have refused. */
const known: ReadonlySet<string> = new Set([
  "issuer-url",
  "client-id",
  "client-secret",
  "redirect-url",
  "extra-scope",
  "use-access-token",
  "request-header",
  "certificate-authority",
  "certificate-authority-data",
  "insecure-skip-tls-verify",
  "pkce-method",
  "grant-type",
  "listen-address",
  "sign-in-timeout",
  "local-server-certificate",
  "local-server-key",
  "open-url-after-sign-in",
  "auth-request-extra-params",
  "username",
  "password",
  "skip-open-browser",
  "browser-command",
  "session-store",
  "force-refresh",
  "verbosity",
]);

type Values = Record<string, OptionValues[string]>;

function isExplained(problem: ArgumentProblem): boolean {
  return problem.kind === "unknown-flag" && explainFlag(problem.name) !== undefined;
}

/** Why the arguments cannot be taken over; `undefined` when they can. */
function findArgumentProblem(parsed: ParsedArguments): string | undefined {
  const problems = parsed.problems.filter((problem) => !isExplained(problem));
  // A word that belongs to no flag may be a secret.
  if (problems.some(({ kind }) => kind === "unexpected-word")) return "a word among its arguments belongs to no flag";
  if (problems.length > 0) return describeProblems({ ...parsed, problems }, "kubepass").message;
  const strange = [...parsed.given].filter(([name]) => !known.has(name)).map(([, { flag }]) => flag);
  return strange.length === 0 ? undefined : `kubelogin has no flag ${strange.join(", ")}`;
}

function listLeftOut({ problems }: ParsedArguments): readonly string[] {
  const names = problems.flatMap((problem) => (problem.kind === "unknown-flag" ? [problem.name] : []));
  return [...new Set(names)].map((name) => `--${name} is left out: ${(explainFlag(name) ?? "").replace(/: remove the flag$/, "")}`);
}

function findPolicyProblem(values: OptionValues): Kept | undefined {
  if (values["username"] !== undefined || values["password"] !== undefined || values["grant-type"] === "password") {
    return refuseConversion(
      from,
      "it signs in with a user name and password, which kubepass never does by itself",
      "remove --username, --password and --grant-type for a sign-in with the browser; docs/providers/oidc.md has the password grant",
    );
  }
  if (values["request-header"] === undefined) return undefined;
  return refuseConversion(
    from,
    "it sends request headers, which may be secrets and must not stand in a kubeconfig",
    "move them to request-header below oidc: in config.yaml, remove them here, and convert again",
  );
}

/** Grants by kubelogin's names: kubepass has one for each, and its own way to say that a code is pasted. */
function translateGrant(values: Values): { readonly values: Values; readonly isBrowser: boolean } {
  const grant = values["grant-type"] ?? "auto";
  const rest = { ...values };
  delete rest["grant-type"];
  switch (grant) {
    case "auto":
      return { values: rest, isBrowser: true };
    case "authcode":
      return { values: { ...rest, "grant-type": "authorization-code" }, isBrowser: true };
    case "authcode-keyboard":
      return { values: { ...rest, "grant-type": "authorization-code", "skip-open-browser": true }, isBrowser: false };
    case "client-credentials":
      // Without a word kubepass would take the access token.
      return { values: { ...values, ...(values["use-access-token"] === true ? {} : { "token-kind": "id" }) }, isBrowser: false };
    default:
      return { values: { ...values }, isBrowser: false };
  }
}

function quoteCommand(path: string): string {
  return /[\s"']/.test(path) ? `"${path.replaceAll(/["\\]/g, "\\$&")}"` : path;
}

/** The flags of kubepass itself, as kubelogin's had them. */
function listGlobalFlags(values: OptionValues): readonly string[] {
  return globalOptions.flatMap(({ name }) => {
    const value = values[name];
    if (value === true) return [`--${name}`];
    return typeof value === "string" ? [`--${name}=${name === "browser-command" ? quoteCommand(value) : value}`] : [];
  });
}

function select(values: OptionValues, isWanted: (name: string) => boolean): Values {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== undefined && value !== false && isWanted(name)));
}

const globalNames: ReadonlySet<string> = new Set(globalOptions.map(({ name }) => name));

function convertValues(given: OptionValues, leftOut: readonly string[], surroundings: Surroundings): Conversion {
  const values = select(given, (name) => name !== "client-secret" && name !== "pkce-method");
  const { values: translated, isBrowser } = translateGrant(values);
  const secret = given["client-secret"];
  const placed = placeSecret(from, translated, typeof secret === "string" ? secret : "", surroundings);
  if ("kind" in placed) return placed;
  const redirect = isBrowser ? writeRedirect(placed.values) : { values: placed.values, notes: [] };
  const url = redirect.values["redirect-url"];
  if (typeof url === "string" && !/^https?:/i.test(url)) {
    return refuseConversion(from, "its redirect URL is no http or https URL, so nothing could come back to this machine", "register one");
  }
  const pkce = given["pkce-method"] === "no" ? ["PKCE is always used; an issuer that does not know it ignores it"] : [];
  const notes = [
    ...leftOut,
    ...pkce,
    ...redirect.notes,
    ...placed.notes,
    "the next kubectl signs in once; kubectl oidc-login clean removes kubelogin's stored tokens",
  ];
  const flags = listGlobalFlags(redirect.values);
  const own = select(redirect.values, (name) => !globalNames.has(name));
  const unchecked = own["insecure-skip-tls-verify"] === true;
  const todo = unchecked
    ? ["give --certificate-authority instead of --insecure-skip-tls-verify: without a checked certificate no session is kept"]
    : [];
  return finishConversion("oidc", { from, values: own, flags, notes, todo, secret: placed.secret }, surroundings);
}

/** `-v 1` and `--v 1` in one word, as they are understood here. */
function joinLevels(args: readonly string[]): readonly string[] {
  return args.flatMap((argument, index) => {
    if (/^--?v$/.test(argument) && /^\d+$/.test(args[index + 1] ?? "")) return [];
    return /^--?v$/.test(args[index - 1] ?? "") && /^\d+$/.test(argument) ? [`-v${argument}`] : [argument];
  });
}

/** int128/kubelogin as `get-token oidc`, from the arguments after its `get-token`. */
export function convertKubelogin(args: readonly string[], surroundings: Surroundings): Conversion {
  const parsed = parseArguments(["get-token", "oidc", ...joinLevels(args)]);
  const hint = "correct the arguments, or write the user anew: kubepass kubeconfig add oidc";
  const problem = findArgumentProblem(parsed);
  if (problem !== undefined) return refuseConversion(from, problem, hint);
  const { values, problems } = resolveOptions([...oidcOptions, ...globalOptions], [createFlagSource(parsed.given)]);
  if (problems.length > 0) return refuseConversion(from, problems.join("; "), hint);
  return findPolicyProblem(values) ?? convertValues(values, listLeftOut(parsed), surroundings);
}
