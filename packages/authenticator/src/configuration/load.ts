import type { CompileExpression } from "../jwt/cel-port.ts";
import type { CompiledConfiguration } from "./compiled.ts";
import { decodeAuthenticationConfiguration } from "./decode.ts";
import { type ConfigurationProblem, duplicateProblem } from "./problem.ts";
import type { AuthenticationConfiguration } from "./authentication-configuration.ts";
import { validateAuthenticator, type ValidationOptions } from "./validate-authenticator.ts";

const maxAuthenticators = 64;

/** A usable configuration, or everything that is wrong with it. */
export type ConfigurationResult =
  | { readonly kind: "valid"; readonly compiled: CompiledConfiguration }
  | { readonly kind: "invalid"; readonly problems: readonly ConfigurationProblem[] };

function judgeRepeated(configuration: AuthenticationConfiguration, index: number, path: string): readonly ConfigurationProblem[] {
  const { url, discoveryUrl } = configuration.jwt[index]?.issuer ?? { url: "", discoveryUrl: "" };
  const earlier = configuration.jwt.slice(0, index).map(({ issuer }) => issuer);
  return [
    ...(earlier.some((issuer) => issuer.url === url) ? [duplicateProblem(`${path}.url`, url)] : []),
    ...(discoveryUrl !== "" && earlier.some((issuer) => issuer.discoveryUrl === discoveryUrl)
      ? [duplicateProblem(`${path}.discoveryURL`, discoveryUrl)]
      : []),
  ];
}

function judgeAnonymous(configuration: AuthenticationConfiguration): readonly ConfigurationProblem[] {
  const { anonymous } = configuration;
  if (anonymous === undefined || anonymous.enabled || anonymous.conditions.length === 0) return [];
  const message = "Invalid value: enabled should be set to true when conditions are defined";
  return [{ path: "anonymous.conditions", kind: "invalid", message }];
}

/** Compiles and validates a decoded configuration by every rule of kube-apiserver, and tells all problems at once, under its paths. */
export function validateAuthenticationConfiguration(
  configuration: AuthenticationConfiguration,
  compile: CompileExpression,
  options: ValidationOptions = {},
): ConfigurationResult {
  const count = configuration.jwt.length;
  if (count > maxAuthenticators) {
    const message = `Too many: ${count}: must have at most ${maxAuthenticators} items`;
    return { kind: "invalid", problems: [{ path: "jwt", kind: "too-many", message }] };
  }
  const entries = configuration.jwt.map((authenticator, index) => {
    const path = `jwt[${index}]`;
    const { problems, entry } = validateAuthenticator(authenticator, path, compile, options);
    return { entry, problems: [...problems, ...judgeRepeated(configuration, index, `${path}.issuer`)] };
  });
  const problems = [...entries.flatMap((entry) => entry.problems), ...judgeAnonymous(configuration)];
  if (problems.length > 0) return { kind: "invalid", problems };
  return { kind: "valid", compiled: { configuration, authenticators: entries.map(({ entry }) => entry) } };
}

/** Decodes and validates the text of an AuthenticationConfiguration file. Never throws. */
export function parseAuthenticationConfiguration(
  text: string,
  compile: CompileExpression,
  options: ValidationOptions = {},
): ConfigurationResult {
  const decoded = decodeAuthenticationConfiguration(text);
  if (decoded.kind === "undecodable") return { kind: "invalid", problems: decoded.problems };
  return validateAuthenticationConfiguration(decoded.configuration, compile, options);
}
