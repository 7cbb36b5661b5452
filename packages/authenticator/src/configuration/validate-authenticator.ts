import type { CelEnvironmentName, CelProgram, CompileExpression } from "../jwt/cel-port.ts";
import type { CompiledAuthenticator, CompiledRule } from "./compiled.ts";
import { type ConfigurationProblem, duplicateProblem, invalidProblem, requiredProblem } from "./problem.ts";
import type {
  ClaimMappings,
  ClaimOrExpression,
  ClaimValidationRule,
  JwtAuthenticator,
  PrefixedClaimOrExpression,
} from "./authentication-configuration.ts";
import { validateExtraKey } from "./validate-extra-key.ts";
import { validateIssuer } from "./validate-issuer.ts";

/** How strictly a configuration is validated, beyond kube-apiserver's own rules. */
export interface ValidationOptions {
  /** Issuers that must not be configured, such as the service account issuer. */
  readonly disallowedIssuers?: readonly string[] | undefined;
  /** kube-apiserver does not see that `claims["email"]` uses the claim. By default it counts here; true takes such a file as kube-apiserver does. */
  readonly isIndexedEmailIgnored?: boolean | undefined;
}

const emailRule =
  "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression " +
  "or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression";

/** Collects the problems of one entry of `jwt` while compiling it. */
class EntryValidation {
  readonly problems: ConfigurationProblem[] = [];
  readonly #compile: CompileExpression;
  readonly #options: ValidationOptions;

  constructor(compile: CompileExpression, options: ValidationOptions) {
    this.#compile = compile;
    this.#options = options;
  }

  #report(problem: ConfigurationProblem): undefined {
    this.problems.push(problem);
    return undefined;
  }

  #invalid(path: string, value: string, detail: string): undefined {
    return this.#report(invalidProblem(path, value, detail));
  }

  #program(expression: string, path: string, environment: CelEnvironmentName, isRule: boolean): CelProgram | undefined {
    const compilation = this.#compile(expression, environment);
    if (compilation.kind === "invalid") {
      return this.#invalid(path, expression, `compilation failed: ${compilation.message}`);
    }
    if (!isRule || compilation.program.isBoolean) return compilation.program;
    return this.#invalid(path, expression, "must evaluate to bool");
  }

  #claimRule(rule: ClaimValidationRule, index: number, rules: readonly ClaimValidationRule[], path: string): CompiledRule | undefined {
    const { claim, expression } = rule;
    if (claim !== "" && expression !== "") return this.#invalid(path, claim, "claim and expression can't both be set");
    if (claim === "" && expression === "") return this.#report(requiredProblem(path, "claim or expression is required"));
    // Those with both count for neither list.
    const earlier = rules.slice(0, index).filter((other) => other.claim === "" || other.expression === "");
    return claim === "" ? this.#expressionRule(rule, earlier, path) : this.#requiredClaim(rule, earlier, path);
  }

  #requiredClaim({ claim, message }: ClaimValidationRule, earlier: readonly ClaimValidationRule[], path: string): undefined {
    if (message !== "") this.#invalid(`${path}.message`, message, "may not be specified when claim is set");
    if (earlier.some((other) => other.claim === claim)) this.#report(duplicateProblem(`${path}.claim`, claim));
  }

  #expressionRule(rule: ClaimValidationRule, earlier: readonly ClaimValidationRule[], path: string): CompiledRule | undefined {
    const { expression, message, requiredValue } = rule;
    if (requiredValue !== "") this.#invalid(`${path}.requiredValue`, requiredValue, "may not be specified when expression is set");
    if (earlier.some((other) => other.expression === expression)) return this.#report(duplicateProblem(`${path}.expression`, expression));
    const program = this.#program(expression, `${path}.expression`, "claims", true);
    return program === undefined ? undefined : { program, message };
  }

  claimRules(rules: readonly ClaimValidationRule[], path: string): readonly CompiledRule[] {
    return rules.flatMap((rule, index) => this.#claimRule(rule, index, rules, `${path}[${index}]`) ?? []);
  }

  prefixed(mapping: PrefixedClaimOrExpression, path: string, isNeeded: boolean): CelProgram | undefined {
    const { claim, prefix, expression } = mapping;
    if (claim !== "" && expression !== "") return this.#invalid(path, "", "claim and expression can't both be set");
    if (expression !== "") {
      const program = this.#program(expression, `${path}.expression`, "claims", false);
      if (prefix === undefined) return program;
      return this.#invalid(`${path}.prefix`, prefix, "may not be specified when expression is set");
    }
    if (claim === "") {
      if (isNeeded) this.problems.push(requiredProblem(path, "claim or expression is required"));
    } else if (prefix === undefined) {
      const detail = "prefix is required when claim is set. It can be set to an empty string to disable prefixing";
      this.problems.push(requiredProblem(`${path}.prefix`, detail));
    }
    return undefined;
  }

  uid(mapping: ClaimOrExpression, path: string): CelProgram | undefined {
    const { claim, expression } = mapping;
    if (claim !== "" && expression !== "") return this.#invalid(path, "", "claim and expression can't both be set");
    return expression === "" ? undefined : this.#program(expression, `${path}.expression`, "claims", false);
  }

  extra(mappings: ClaimMappings["extra"], path: string): CompiledAuthenticator["extra"] {
    return mappings.flatMap(({ key, valueExpression }, index) => {
      const at = `${path}[${index}]`;
      this.problems.push(...validateExtraKey(key, `${at}.key`));
      if (mappings.findIndex((other) => other.key === key) < index) {
        this.problems.push(duplicateProblem(`${at}.key`, key));
        return [];
      }
      if (valueExpression === "") {
        this.problems.push(requiredProblem(`${at}.valueExpression`));
        return [];
      }
      const program = this.#program(valueExpression, `${at}.valueExpression`, "claims", false);
      return program === undefined ? [] : [{ key, program }];
    });
  }

  userRules(rules: JwtAuthenticator["userValidationRules"], path: string): readonly CompiledRule[] {
    return rules.flatMap(({ expression, message }, index) => {
      const at = `${path}[${index}].expression`;
      const isRepeated = rules.findIndex((other) => other.expression === expression) < index;
      if (expression === "" || isRepeated) {
        this.problems.push(expression === "" ? requiredProblem(at) : duplicateProblem(at, expression));
        return [];
      }
      const program = this.#program(expression, at, "user", true);
      return program === undefined ? [] : [{ program, message }];
    });
  }

  /** The e-mail rule looks at mention only: what is done with the claim is the author's business (and the linter's). */
  email(entry: Omit<CompiledAuthenticator, "authenticator">, path: string): void {
    const form = this.#options.isIndexedEmailIgnored === true ? "selected" : "selected-or-indexed";
    if (entry.username?.mentionsClaim("email", form) !== true) return;
    const checking = [entry.username, ...entry.extra.map(({ program }) => program), ...entry.claimRules.map(({ program }) => program)];
    if (checking.some((program) => program.mentionsClaim("email_verified", form))) return;
    this.#invalid(`${path}.username.expression`, entry.username.expression, emailRule);
  }
}

/** One entry of `jwt`, compiled, with everything that kube-apiserver would refuse about it. */
export function validateAuthenticator(
  authenticator: JwtAuthenticator,
  path: string,
  compile: CompileExpression,
  options: ValidationOptions,
): { readonly problems: readonly ConfigurationProblem[]; readonly entry: CompiledAuthenticator } {
  const validation = new EntryValidation(compile, options);
  const mappings = `${path}.claimMappings`;
  const { claimMappings, claimValidationRules, userValidationRules, issuer } = authenticator;
  const claimRules = validation.claimRules(claimValidationRules, `${path}.claimValidationRules`);
  const username = validation.prefixed(claimMappings.username, `${mappings}.username`, true);
  const groups = validation.prefixed(claimMappings.groups, `${mappings}.groups`, false);
  const uid = validation.uid(claimMappings.uid, `${mappings}.uid`);
  const extra = validation.extra(claimMappings.extra, `${mappings}.extra`);
  validation.email({ username, groups, uid, extra, claimRules, userRules: [] }, mappings);
  const userRules = validation.userRules(userValidationRules, `${path}.userValidationRules`);
  const issuerProblems = validateIssuer(issuer, `${path}.issuer`, options.disallowedIssuers ?? []);
  return {
    problems: [...issuerProblems, ...validation.problems],
    entry: { authenticator, username, groups, uid, extra, claimRules, userRules },
  };
}
