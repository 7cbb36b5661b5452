import { type AuthProviderConfig, type ExecConfig, isSecretName, type User } from "@kubepass/kubeconfig";
import { formatPrintable } from "@kubepass/wire";
import { findArguments } from "../kubeconfig-contexts.ts";
import { type Conversion, type Kept, refuseConversion, type Surroundings } from "./conversion.ts";
import { convertAwsCli } from "./convert-aws-cli.ts";
import { convertIamAuthenticator } from "./convert-iam-authenticator.ts";
import { convertKubelogin } from "./convert-kubelogin.ts";
import { convertOidcProvider } from "./convert-oidc-provider.ts";
import { convertRemovedProvider } from "./convert-removed-provider.ts";

/** The name of the program in a command, without folder and without the endings of Windows. */
function nameProgram(command: string): string {
  return command.replace(/^.*[/\\]/s, "").replace(/\.(?:exe|cmd|bat)$/i, "");
}

function keepForeign(from: string): Kept {
  return { kind: "foreign", from, reason: "only auth-providers and the plugins of kubelogin and AWS are converted" };
}

const vendors: Readonly<Record<string, string>> = {
  "gke-gcloud-auth-plugin": "Google's own plugin; kubepass has no provider for GKE yet",
  "client-keystone-auth": "OpenStack's own plugin; kubepass has no provider for Keystone yet",
};

/** Two programs are called kubelogin; only Azure's has a server id. */
function isOfAzure(args: readonly string[]): boolean {
  const isOne = args.some((argument) => /^(?:--(?:server-id|login|tenant-id|environment)(?:=|$)|-l|-t)/.test(argument));
  return isOne && !args.some((argument) => argument.startsWith("--oidc-"));
}

type PluginConverter = (exec: Pick<ExecConfig, "args" | "env">, surroundings: Surroundings) => Conversion | undefined;

const convertEitherKubelogin: PluginConverter = ({ args }, surroundings) => {
  const at = args.indexOf("get-token");
  if (at < 0) return undefined;
  const own = args.toSpliced(at, 1);
  if (!isOfAzure(own)) return convertKubelogin(own, surroundings);
  return { kind: "current", from: "plugin kubelogin of Azure", reason: "Azure's own plugin; kubepass has no provider for Entra ID yet" };
};

/** By the name of the program. */
const converters: Readonly<Record<string, PluginConverter>> = {
  kubelogin: convertEitherKubelogin,
  "kubectl-oidc_login": convertEitherKubelogin,
  kubectl: ({ args, env }, surroundings) =>
    args[0] === "oidc-login" ? convertEitherKubelogin({ args: args.slice(1), env }, surroundings) : undefined,
  aws: ({ args }, surroundings) => convertAwsCli(args, surroundings),
  "aws-iam-authenticator": convertIamAuthenticator,
  "heptio-authenticator-aws": convertIamAuthenticator,
};

/** What is said of the variables that the plugin gets: they stay, and count for kubepass as they did before. */
function listVariableNotes({ env }: ExecConfig): readonly string[] {
  const names = env.map(({ name }) => name);
  const secret = env.filter(({ name, value }) => isSecretName(name) && value.reveal() !== "").map(({ name }) => name);
  return [
    ...(names.length === 0 ? [] : [`its variables stay: ${names.join(", ")}`]),
    ...(secret.length === 0 ? [] : [`${secret.join(", ")} still stands in the kubeconfig, where a secret should not`]),
  ];
}

function convertExec(exec: ExecConfig, surroundings: Surroundings): Conversion {
  const conversion = convertPlugin(exec, surroundings);
  return conversion.kind === "converted" ? { ...conversion, notes: [...conversion.notes, ...listVariableNotes(exec)] } : conversion;
}

function convertPlugin(exec: ExecConfig, surroundings: Surroundings): Conversion {
  const program = nameProgram(exec.command);
  const from = `plugin ${formatPrintable(program, 60)}`;
  const isOwn = exec.command === surroundings.command && exec.args.includes("get-token");
  if (isOwn || findArguments(exec) !== undefined) return { kind: "current", from: "kubepass", reason: "it signs in with kubepass already" };
  const vendor = Object.hasOwn(vendors, program) ? vendors[program] : undefined;
  if (vendor !== undefined) return { kind: "current", from, reason: vendor };
  const convert = Object.hasOwn(converters, program) ? converters[program] : undefined;
  return convert?.(exec, surroundings) ?? keepForeign(from);
}

function convertAuthProvider(provider: AuthProviderConfig, surroundings: Surroundings): Conversion {
  if (provider.name === "oidc") return convertOidcProvider(provider, surroundings);
  return convertRemovedProvider(provider) ?? keepForeign(`auth-provider ${formatPrintable(provider.name, 60)}`);
}

/** What a user entry has that clients take before any plugin; `undefined` when it has nothing of the kind. */
function findStatic(user: User): string | undefined {
  if (user.token !== undefined || user.tokenFile !== "") return "a token";
  if (user.username !== "" || user.password !== undefined) return "a user name and password";
  const hasCertificate = user.clientCertificate !== "" || user.clientCertificateData !== "";
  return hasCertificate ? "a client certificate" : undefined;
}

function convertPluginUser({ exec, authProvider }: User, surroundings: Surroundings): Conversion | undefined {
  if (authProvider === undefined) return exec === undefined ? undefined : convertExec(exec, surroundings);
  if (exec === undefined) return convertAuthProvider(authProvider, surroundings);
  return refuseConversion("an auth-provider and a plugin", "clients take no user with both", "remove the one that is not wanted");
}

/**
 * What becomes of a user entry. Pure: what it names is neither run nor opened, and nobody is asked. No secret is in the answer but
 * in {@link Conversion}'s `secret`, and among the arguments only what stood among the old ones.
 */
export function convertUser(user: User, surroundings: Surroundings): Conversion {
  const fixed = findStatic(user);
  const conversion = convertPluginUser(user, surroundings);
  if (conversion === undefined)
    return { kind: "foreign", from: fixed ?? "nothing", reason: "only auth-providers and plugins are converted" };
  if (fixed === undefined || conversion.kind !== "converted") return conversion;
  return refuseConversion(
    conversion.from,
    `it has ${fixed} too, and clients then run no plugin`,
    "remove that from the user, and convert again",
  );
}
