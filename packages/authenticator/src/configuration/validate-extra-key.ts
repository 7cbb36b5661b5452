import { type ConfigurationProblem, invalidProblem, requiredProblem } from "./problem.ts";

const subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const maxSubdomainLength = 253;
const httpPath = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

function judgeDomainPrefixedPath(key: string, path: string): readonly ConfigurationProblem[] {
  if (key === "") return [requiredProblem(path)];
  const slash = key.indexOf("/");
  if (slash <= 0 || slash === key.length - 1) {
    return [invalidProblem(path, key, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const [domain, rest] = [key.slice(0, slash), key.slice(slash + 1)];
  const rules: readonly (readonly [boolean, string, string])[] = [
    [Buffer.byteLength(domain) > maxSubdomainLength, domain, `must be no more than ${maxSubdomainLength} bytes`],
    [!subdomain.test(domain), domain, "the part before the slash must be a lowercase RFC 1123 subdomain"],
    [!httpPath.test(rest), rest, "the part after the slash must be a valid HTTP path"],
  ];
  return rules.flatMap(([isBroken, value, detail]) => (isBroken ? [invalidProblem(path, value, detail)] : []));
}

/** Judges a key of `claimMappings.extra`: a domain-prefixed path in lower case, outside the domains of Kubernetes. */
export function validateExtraKey(key: string, path: string): readonly ConfigurationProblem[] {
  const slash = key.indexOf("/");
  const domain = slash < 0 ? "" : key.slice(0, slash);
  const isReserved = ["kubernetes.io", "k8s.io"].some((name) => domain === name || domain.endsWith(`.${name}`));
  return [
    ...judgeDomainPrefixedPath(key, path),
    ...(key === key.toLowerCase() ? [] : [invalidProblem(path, key, "must be lowercase")]),
    ...(isReserved ? [invalidProblem(path, key, "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use")] : []),
  ];
}
