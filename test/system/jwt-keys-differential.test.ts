import {
  compileExpression,
  createFixedKeySource,
  createJwtVerifier,
  parseAuthenticationConfiguration,
  parseVerificationKeys,
} from "@kubepass/authenticator";
import { expect, it } from "vitest";
import { findIntendedOfKeys, intendedKeyIds, judgeToken, outcomeOfOracle } from "./differential/compare.ts";
import { createOddKeys, type OddKey, signOddly } from "./differential/odd-keys.ts";
import { createKeys } from "./differential/keys.ts";
import { askOracle } from "./differential/oracle.ts";
import { nowMs } from "./differential/tokens.ts";

const url = "https://issuer.test";
const configuration = JSON.stringify({
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AuthenticationConfiguration",
  jwt: [{ issuer: { url, audiences: ["cluster"] }, claimMappings: { username: { claim: "sub", prefix: "" } } }],
});
const claims = { iss: url, aud: "cluster", sub: "jane", exp: nowMs / 1000 + 3600 };
const good = createKeys().find(({ kind }) => kind === "P-256");

function createToken(header: object, key: Pick<OddKey, "privateKey" | "algorithm">): string {
  const [head, body] = [{ alg: key.algorithm, ...header }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  return `${head}.${body}.${signOddly(`${head}.${body}`, key)}`;
}

/** A verifier that holds a set as published. */
function createVerifier(keySet: object): ReturnType<typeof createJwtVerifier> {
  const result = parseAuthenticationConfiguration(configuration, compileExpression);
  if (result.kind === "invalid") throw new Error("the configuration is refused");
  return createJwtVerifier(result.compiled, () => createFixedKeySource(parseVerificationKeys(JSON.stringify(keySet)) ?? []));
}

it("an odd key in an issuer's set decides the same for kube-apiserver and for us, but for the listed differences", async () => {
  if (good === undefined) throw new Error("there is no good key");
  const signer = { privateKey: good.privateKey, algorithm: "ES256" };
  const cases = createOddKeys().flatMap((odd) => [
    { odd, what: "the good key beside it", token: createToken({ kid: "good" }, signer) },
    { odd, what: "it, by its name", token: createToken({ kid: "odd" }, odd) },
    { odd, what: "it, without a name", token: createToken({}, odd) },
  ]);
  const setOf = ({ jwk }: OddKey): object => ({ keys: [{ ...good.jwk, kid: "good" }, jwk] });
  const answers = await askOracle(
    cases.map(({ odd, token }) => ({ configuration, keySets: { [url]: setOf(odd) }, now: nowMs, tokens: [token] })),
  );
  const seen = new Set<string>();
  const unexplained: unknown[] = [];
  for (const [index, { odd, what, token }] of cases.entries()) {
    const verdict = answers[index]?.verdicts?.[0];
    const upstream = verdict === undefined ? "missing" : outcomeOfOracle(verdict);
    const ours = await judgeToken(createVerifier(setOf(odd)), token);
    if (upstream === ours) continue;
    const id = findIntendedOfKeys(odd.name, what, upstream, ours);
    if (id !== undefined) seen.add(id);
    else
      unexplained.push(
        `${odd.name}, signed by ${what}: kube-apiserver ${upstream}, we ${ours} (${verdict?.error?.replace(/ \{"keys.*/, "")})`,
      );
  }
  expect(unexplained).toEqual([]);
  expect(intendedKeyIds.filter((id) => !seen.has(id))).toEqual([]);
}, 600_000);
