import { CredentialError } from "@kubepass/wire";
import { parseAuthenticationConfiguration } from "../configuration/load.ts";
import { formatProblem } from "../configuration/problem.ts";
import { list, object, text, toggle } from "../serve/shape.ts";
import { defineFactory } from "../serve/verifier-factory.ts";
import { compileExpression } from "./compile-expression.ts";
import { createIssuerKeySource } from "./fetched-keys.ts";
import { createJwtVerifier } from "./jwt-verifier.ts";

const shape = object("JWTs of the issuers in kube-apiserver's own AuthenticationConfiguration file.", {
  configFile: text("the file that --authentication-config of kube-apiserver takes, unchanged; read again whenever it changes"),
  disallowedIssuers: list("issuers that it must not name, such as the service account issuer", text("issuer URL")),
  ignoreIndexedEmail: toggle('takes claims["email"] without a check of email_verified, which kube-apiserver does not see'),
  insecureParsing: toggle("reads tokens as loosely as kube-apiserver: duplicate keys, names in odd case, broken text, stray characters"),
  insecureKeysUrl: toggle("takes keys over plain http where an issuer's discovery document says so"),
});

/** `jwt` in the configuration. */
export const jwtFactory = defineFactory({
  key: "jwt",
  shape,
  async create(settings, context) {
    const { configFile, disallowedIssuers, ignoreIndexedEmail, insecureParsing, insecureKeysUrl } = settings;
    const validation = { disallowedIssuers, isIndexedEmailIgnored: ignoreIndexedEmail };
    const result = parseAuthenticationConfiguration(await context.readFile(configFile), compileExpression, validation);
    if (result.kind === "invalid") {
      const problems = result.problems.map((problem) => formatProblem(problem)).join("; ");
      throw new CredentialError("CONFIG_INVALID", `${configFile}: ${problems}`, { hint: `run: kubepass authn lint ${configFile}` });
    }
    if (insecureParsing) context.host.log.warn("tokens are read loosely: two programs may read two identities out of one token");
    if (insecureKeysUrl) context.host.log.warn("keys are taken over plain http: anybody on the way can put in their own");
    return createJwtVerifier(
      result.compiled,
      ({ authenticator }) => createIssuerKeySource(authenticator.issuer, context.host, { isInsecureKeysUrlAllowed: insecureKeysUrl }),
      { isInsecureParsingAllowed: insecureParsing },
    );
  },
});
