import { X509Certificate } from "node:crypto";
import { parseGoUrl } from "@kubepass/wire";
import { type ConfigurationProblem, duplicateProblem, invalidProblem, requiredProblem } from "./problem.ts";
import type { IssuerConfiguration } from "./authentication-configuration.ts";

function judgeUrl(text: string, path: string, disallowed: readonly string[]): readonly ConfigurationProblem[] {
  const overlap = disallowed.includes(text)
    ? [invalidProblem(path, text, `URL must not overlap with disallowed issuers: [${disallowed.toSorted().join(" ")}]`)]
    : [];
  const parsed = parseGoUrl(text);
  if (parsed.kind === "invalid") return [...overlap, invalidProblem(path, text, parsed.reason)];
  const { scheme, user, query = "", fragment } = parsed.url;
  const rules: readonly (readonly [boolean, string])[] = [
    [scheme !== "https", "URL scheme must be https"],
    [user !== undefined, "URL must not contain a username or password"],
    [query !== "", "URL must not contain a query"],
    [fragment !== "", "URL must not contain a fragment"],
  ];
  return [...overlap, ...rules.flatMap(([isBroken, detail]) => (isBroken ? [invalidProblem(path, text, detail)] : []))];
}

function judgeDiscoveryUrl(issuer: IssuerConfiguration, path: string): readonly ConfigurationProblem[] {
  const { url, discoveryUrl } = issuer;
  if (discoveryUrl === "") return [];
  const trim = (text: string): string => text.replace(/\/+$/, "");
  const isSame = url !== "" && trim(url) === trim(discoveryUrl);
  const same = isSame ? [invalidProblem(path, discoveryUrl, "discoveryURL must be different from URL")] : [];
  return [...same, ...judgeUrl(discoveryUrl, path, [])];
}

function judgeMatchPolicy(issuer: IssuerConfiguration, path: string): readonly ConfigurationProblem[] {
  const { audiences, audienceMatchPolicy: policy } = issuer;
  if (policy === "MatchAny") return [];
  if (audiences.length > 1) return [invalidProblem(path, policy, "audienceMatchPolicy must be MatchAny for multiple audiences")];
  return policy === "" ? [] : [invalidProblem(path, policy, "audienceMatchPolicy must be empty or MatchAny for single audience")];
}

function judgeAudiences(issuer: IssuerConfiguration, path: string): readonly ConfigurationProblem[] {
  const { audiences } = issuer;
  if (audiences.length === 0) return [requiredProblem(`${path}.audiences`, `at least one ${path}.audiences is required`)];
  const each = audiences.flatMap((audience, index) => {
    const at = `${path}.audiences[${index}]`;
    const empty = audience === "" ? [requiredProblem(at)] : [];
    return audiences.indexOf(audience) < index ? [...empty, duplicateProblem(at, audience)] : empty;
  });
  return [...each, ...judgeMatchPolicy(issuer, `${path}.audienceMatchPolicy`)];
}

const pemBlock = /-----BEGIN CERTIFICATE-----\r?\n([\s\S]*?)-----END CERTIFICATE-----/g;

function judgeCertificates(pem: string, path: string): readonly ConfigurationProblem[] {
  if (pem === "") return [];
  // A block with headers (RFC 1421) is passed over.
  const blocks = Array.from(pem.matchAll(pemBlock)).filter((match) => !(match[1] ?? "").includes(":"));
  if (blocks.length === 0) {
    return [invalidProblem(path, "<omitted>", "data does not contain any valid RSA or ECDSA certificates")];
  }
  try {
    for (const [block] of blocks) void new X509Certificate(block);
    return [];
  } catch {
    return [invalidProblem(path, "<omitted>", "a certificate in it cannot be read")];
  }
}

function judgeEgress(type: string, path: string): readonly ConfigurationProblem[] {
  if (["", "controlplane", "cluster"].includes(type)) return [];
  return [invalidProblem(path, type, "egress selector must be either controlplane or cluster")];
}

/** Judges `jwt[].issuer` by kube-apiserver's rules. */
export function validateIssuer(issuer: IssuerConfiguration, path: string, disallowed: readonly string[]): readonly ConfigurationProblem[] {
  return [
    ...(issuer.url === "" ? [requiredProblem(`${path}.url`)] : judgeUrl(issuer.url, `${path}.url`, disallowed)),
    ...judgeDiscoveryUrl(issuer, `${path}.discoveryURL`),
    ...judgeAudiences(issuer, path),
    ...judgeCertificates(issuer.certificateAuthority, `${path}.certificateAuthority`),
    ...judgeEgress(issuer.egressSelectorType, `${path}.egressSelectorType`),
  ];
}
