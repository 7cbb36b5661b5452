import { findUrl } from "@kubepass/network";
import { CredentialError } from "@kubepass/wire";
import {
  type ConfigurationResult,
  convertApiServerFlags,
  formatProblem,
  parseApiServerFlags,
  parseAuthenticationConfiguration,
  validateAuthenticationConfiguration,
  type ValidationOptions,
} from "../configuration/index.ts";
import { compileExpression } from "../jwt/compile-expression.ts";
import type { CompiledConfiguration } from "../configuration/compiled.ts";
import { createClaimsSource, createIssuerKeySource, createJwtVerifier, type SignatureAlgorithm } from "../jwt/index.ts";
import type { Verifier } from "../verifier.ts";
import { anyObject, list, object, optional, type Shape, text, textLike, toggle, type TypeOf } from "./shape.ts";
import { defineFactory, type FactoryContext } from "./verifier-factory.ts";

// An https URL without path, as browsers write it.
const origin = textLike("origin", {
  pattern: "^https://[^/]+$",
  isGood: (given) => given.startsWith("https://") && URL.canParse(given) && new URL(given).origin === given,
  problem: "must be an origin such as https://claims.example.com",
});

const oidcFlag = textLike("--name=value", {
  pattern: "^--oidc-",
  isGood: (given) => /^--oidc-[a-z-]+=/.test(given),
  problem: "must be one of kube-apiserver's flags, as --oidc-client-id=kubernetes",
});

const distributedClaims = object("One issuer whose distributed groups are fetched. The issuer's own origin may always be asked.", {
  issuer: text("its URL, as in the AuthenticationConfiguration"),
  origins: list("further origins that its tokens may name as the place of groups", origin),
  answerIssuers: list(
    "further issuers whose answers are taken: by URL, with keys by discovery below it and the first issuer's authorities and audiences",
    text("URL of an issuer"),
  ),
});

const members = object("JWTs of the issuers of an AuthenticationConfiguration, verified as kube-apiserver does.", {
  configFile: optional(text("file of an AuthenticationConfiguration, as for kube-apiserver's --authentication-config")),
  config: optional(anyObject("the AuthenticationConfiguration itself, instead of configFile")),
  oidcFlags: list("kube-apiserver's --oidc-* flags, word by word as in its manifest, instead of configFile", oidcFlag),
  serviceAccountIssuers: list("kube-apiserver's --service-account-issuer, none of which may be an issuer here", text("URL")),
  distributedClaims: list(
    "issuers whose groups may lie at another place that the token names (_claim_names); tokens of all others are refused then",
    distributedClaims,
  ),
  insecureAmbiguousTokens: toggle("unsafe: reads tokens as loosely as kube-apiserver: duplicate keys, odd case, broken text"),
  insecureKeysOverHttp: toggle("unsafe: takes keys over plain http when an issuer's document says so, as kube-apiserver does"),
});

type Settings = TypeOf<typeof members>;

const shape: Shape<Settings> = {
  schema: { ...members.schema, oneOf: [{ required: ["configFile"] }, { required: ["config"] }, { required: ["oidcFlags"] }] },
  parse(value, path, report) {
    const settings = members.parse(value, path, report);
    const given = [settings.configFile !== undefined, settings.config !== undefined, settings.oidcFlags.length > 0];
    if (given.filter((isGiven) => isGiven).length !== 1) report(path, "needs one of configFile, config and oidcFlags");
    return settings;
  },
};

interface Loaded {
  /** For people. */
  readonly name: string;
  readonly result: ConfigurationResult;
  /** All of them, unless flags say otherwise. */
  readonly algorithms?: readonly SignatureAlgorithm[];
}

async function loadFlags({ oidcFlags }: Settings, validation: ValidationOptions, context: FactoryContext): Promise<Loaded> {
  const flags = parseApiServerFlags(oidcFlags);
  const converted = convertApiServerFlags(flags, flags.caFile === "" ? "" : await context.readFile(flags.caFile));
  const name = "what oidcFlags say";
  if (converted.kind === "invalid") return { name, result: converted };
  const result = validateAuthenticationConfiguration(converted.configuration, compileExpression, validation);
  return { name, result, algorithms: converted.algorithms };
}

async function load(settings: Settings, context: FactoryContext): Promise<Loaded> {
  const { configFile, config, serviceAccountIssuers } = settings;
  const validation: ValidationOptions = { disallowedIssuers: serviceAccountIssuers };
  if (settings.oidcFlags.length > 0) return await loadFlags(settings, validation, context);
  const name = configFile ?? "the inline AuthenticationConfiguration";
  const source = configFile === undefined ? JSON.stringify(config ?? {}) : await context.readFile(configFile);
  return { name, result: parseAuthenticationConfiguration(source, compileExpression, validation) };
}

function checkDistributedClaims({ distributedClaims: rules }: Settings, { configuration }: CompiledConfiguration): void {
  for (const { issuer, answerIssuers } of rules) {
    const refuse = (why: string): CredentialError => new CredentialError("CONFIG_INVALID", `distributedClaims of ${issuer}: ${why}`);
    const entry = configuration.jwt.find((each) => each.issuer.url === issuer);
    if (entry === undefined) throw refuse("the AuthenticationConfiguration has no such issuer");
    if (entry.claimMappings.groups.claim === "") throw refuse("its groups come from no claim (claimMappings.groups.claim)");
    const bad = answerIssuers.find((url) => findUrl(url)?.protocol !== "https:");
    if (bad !== undefined) throw refuse(`the issuer ${bad} of answers is no https URL`);
  }
}

async function create(settings: Settings, context: FactoryContext): Promise<Verifier> {
  const { name, result, algorithms } = await load(settings, context);
  if (result.kind === "invalid") {
    throw new CredentialError("CONFIG_INVALID", `${name} is refused:`, { problems: result.problems.map(formatProblem) });
  }
  checkDistributedClaims(settings, result.compiled);
  const keyOptions = { isInsecureKeysUrlAllowed: settings.insecureKeysOverHttp };
  return createJwtVerifier(
    result.compiled,
    ({ authenticator }) => createIssuerKeySource(authenticator.issuer, context.host, keyOptions),
    { isInsecureParsingAllowed: settings.insecureAmbiguousTokens, algorithms },
    ({ authenticator: { issuer } }) => {
      const rules = settings.distributedClaims.find((each) => each.issuer === issuer.url);
      if (rules === undefined) return undefined;
      return createClaimsSource(issuer, rules, context.host, { ...keyOptions, rememberMs: context.cache.successMs });
    },
  );
}

/** `jwt` in the configuration. */
export const jwtFactory = defineFactory({ key: "jwt", shape, create });
