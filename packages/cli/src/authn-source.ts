import {
  type ApiServerFlags,
  compileExpression,
  type ConfigurationProblem,
  type ConfigurationResult,
  convertApiServerFlags,
  findApiServerArguments,
  formatProblem,
  type OidcFlagsResult,
  parseApiServerFlags,
  parseAuthenticationConfiguration,
  type SignatureAlgorithm,
  signatureAlgorithms,
  validateAuthenticationConfiguration,
} from "@kubepass/authenticator";
import { CredentialError } from "@kubepass/wire";
import type { Invocation } from "./command.ts";
import { apiServerOptions } from "./options/authn-options.ts";
import { readTextFile } from "./read-text-file.ts";

/** A configuration of JWT issuers: the text of a file, or what kube-apiserver's flags come to. */
export type AuthnSource = {
  /** For people: the file's name, or that it comes from flags. */
  readonly name: string;
  readonly serviceAccountIssuers: readonly string[];
} & ({ readonly kind: "text"; readonly text: string } | { readonly kind: "flags"; readonly flags: OidcFlagsResult });

/** kube-apiserver's flags among those that were given, as it would get them. */
function givenArguments({ parsed }: Pick<Invocation, "parsed">): readonly string[] {
  return apiServerOptions.flatMap(({ name }) => (parsed.given.get(name)?.texts ?? []).map((text) => `--${name}=${text}`));
}

function convert(flags: ApiServerFlags): OidcFlagsResult {
  return convertApiServerFlags(flags, flags.caFile === "" ? "" : readTextFile(flags.caFile, "the file of --oidc-ca-file"));
}

/**
 * Reads what is to be judged: an AuthenticationConfiguration, the manifest of a kube-apiserver, or `--oidc-*` flags.
 * Throws `USAGE_INVALID` for both or neither, and `FILE_UNREADABLE`.
 */
export function loadAuthnSource(path: string | undefined, invocation: Pick<Invocation, "parsed">): AuthnSource {
  const given = parseApiServerFlags(givenArguments(invocation));
  const { serviceAccountIssuers } = given;
  if (path === undefined) {
    if (given.oidc !== undefined) return { kind: "flags", name: "the --oidc-* flags", flags: convert(given), serviceAccountIssuers };
    throw new CredentialError("USAGE_INVALID", "there is no file and no --oidc-* flag", {
      hint: "name an AuthenticationConfiguration, a kube-apiserver manifest, or its --oidc-* flags",
    });
  }
  if (given.oidc !== undefined)
    throw new CredentialError("USAGE_INVALID", `the file ${path} and --oidc-* flags contradict each other`, {
      hint: "leave out one of them",
    });
  const text = readTextFile(path, "the configuration");
  const manifest = findApiServerArguments(text);
  if (manifest === undefined) return { kind: "text", name: path, text, serviceAccountIssuers };
  const flags = parseApiServerFlags(manifest);
  return {
    kind: "flags",
    name: `${path} (kube-apiserver's flags)`,
    flags: convert(flags),
    serviceAccountIssuers: [...flags.serviceAccountIssuers, ...serviceAccountIssuers],
  };
}

/** What is wrong with flags, or with what they come to. */
export function validateAuthnSource(source: AuthnSource): ConfigurationResult {
  const options = { isIndexedEmailIgnored: true, disallowedIssuers: source.serviceAccountIssuers };
  if (source.kind === "text") return parseAuthenticationConfiguration(source.text, compileExpression, options);
  if (source.flags.kind === "invalid") return source.flags;
  return validateAuthenticationConfiguration(source.flags.configuration, compileExpression, options);
}

/** The signature algorithms that kube-apiserver takes: all of them by a file, some by flags. */
export function algorithmsOf(source: AuthnSource): readonly SignatureAlgorithm[] {
  return source.kind === "flags" && source.flags.kind === "converted" ? source.flags.algorithms : signatureAlgorithms;
}

/** Problems of a source in one error. */
export function refuseSource({ name }: AuthnSource, problems: readonly ConfigurationProblem[]): CredentialError {
  return new CredentialError("CONFIG_INVALID", `${name}:`, {
    problems: problems.map((problem) => formatProblem(problem)),
    hint: "run kubepass authn lint with the same to see one problem a line",
  });
}
