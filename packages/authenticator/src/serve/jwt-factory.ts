import { CredentialError } from "@kubepass/wire";
import { formatProblem, parseAuthenticationConfiguration } from "../configuration/index.ts";
import { compileExpression } from "../jwt/compile-expression.ts";
import { createIssuerKeySource, createJwtVerifier } from "../jwt/index.ts";
import type { Verifier } from "../verifier.ts";
import { anyObject, object, optional, type Shape, text, toggle, type TypeOf } from "./shape.ts";
import { defineFactory, type FactoryContext } from "./verifier-factory.ts";

const members = object("JWTs of the issuers of an AuthenticationConfiguration, verified as kube-apiserver does.", {
  configFile: optional(text("file of an AuthenticationConfiguration, as for kube-apiserver's --authentication-config")),
  config: optional(anyObject("the AuthenticationConfiguration itself, instead of configFile")),
  insecureAmbiguousTokens: toggle("unsafe: reads tokens as loosely as kube-apiserver: duplicate keys, odd case, broken text"),
  insecureKeysOverHttp: toggle("unsafe: takes keys over plain http when an issuer's document says so, as kube-apiserver does"),
});

type Settings = TypeOf<typeof members>;

const shape: Shape<Settings> = {
  schema: { ...members.schema, oneOf: [{ required: ["configFile"] }, { required: ["config"] }] },
  parse(value, path, report) {
    const settings = members.parse(value, path, report);
    if ((settings.configFile === undefined) === (settings.config === undefined)) report(path, "needs one of configFile and config");
    return settings;
  },
};

async function readSource(
  { configFile, config }: Settings,
  context: FactoryContext,
): Promise<{ readonly name: string; readonly source: string }> {
  if (configFile === undefined) return { name: "the inline AuthenticationConfiguration", source: JSON.stringify(config ?? {}) };
  return { name: configFile, source: await context.readFile(configFile) };
}

async function create(settings: Settings, context: FactoryContext): Promise<Verifier> {
  const { name, source } = await readSource(settings, context);
  const result = parseAuthenticationConfiguration(source, compileExpression);
  if (result.kind === "invalid") {
    throw new CredentialError("CONFIG_INVALID", `${name} is refused: ${result.problems.map(formatProblem).join("; ")}`);
  }
  const keyOptions = { isInsecureKeysUrlAllowed: settings.insecureKeysOverHttp };
  return createJwtVerifier(result.compiled, ({ authenticator }) => createIssuerKeySource(authenticator.issuer, context.host, keyOptions), {
    isInsecureParsingAllowed: settings.insecureAmbiguousTokens,
  });
}

/** `jwt` in the configuration. */
export const jwtFactory = defineFactory({ key: "jwt", shape, create });
