import { type JsonObject, Secret } from "@kubepass/wire";
import { stringify } from "yaml";
import { type CompiledConfiguration, parseAuthenticationConfiguration } from "../configuration/index.ts";
import { compileExpression } from "../jwt/compile-expression.ts";
import { createFixedKeySource } from "../jwt/issuer-keys.ts";
import { createJwtVerifier, type JwtVerifier, type JwtVerifierOptions } from "../jwt/jwt-verifier.ts";
import { parseVerificationKeys } from "../jwt/key-set.ts";
import type { Verdict } from "../verifier.ts";
import type { TestKey } from "./sign-jwt.ts";

/** The instant of every judgement in these scenes. */
export const now: Date = new Date("2030-01-01T00:00:00Z");

/** The same in whole seconds. */
export const nowSeconds: number = now.getTime() / 1000;

/** Claims of somebody whom {@link configurationOf} lets in. */
export const goodClaims: JsonObject = { iss: "https://issuer.test", aud: "cluster", exp: nowSeconds + 600, sub: "jane" };

/** The text of a configuration of one issuer; members replace those of its entry. */
export function configurationOf(members: JsonObject = {}): string {
  return stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt: [
      {
        issuer: { url: "https://issuer.test", audiences: ["cluster"] },
        claimMappings: { username: { claim: "sub", prefix: "" }, groups: { claim: "groups", prefix: "" } },
        ...members,
      },
    ],
  });
}

/** A configuration that must be valid. */
export function compile(text: string): CompiledConfiguration {
  const result = parseAuthenticationConfiguration(text, compileExpression);
  if (result.kind === "valid") return result.compiled;
  throw new Error(JSON.stringify(result.problems));
}

/** A verifier with these keys and no network. */
export function createScene(keys: readonly TestKey[], text: string = configurationOf(), options: JwtVerifierOptions = {}): JwtVerifier {
  const source = createFixedKeySource(parseVerificationKeys(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })) ?? []);
  return createJwtVerifier(compile(text), () => source, options);
}

/** What a verifier says of a token now. */
export async function judge(verifier: JwtVerifier, token: string): Promise<Verdict> {
  return await verifier.verify(new Secret(token), { audiences: [], now, signal: new AbortController().signal });
}

/** The same in a word: the user name, the code of the refusal, or `not ours`. */
export async function judgeBriefly(verifier: JwtVerifier, token: string): Promise<string> {
  if (!verifier.claims(token)) return "not ours";
  const verdict = await judge(verifier, token);
  return verdict.kind === "verified" ? verdict.user.username : verdict.code;
}
