import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

/** What is wrong with a certificate and its key, in words that quote neither. */
export type KeyPairProblem = "certificate" | "key" | "mismatch";

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, in order; the first of a chain is the client's own. */
export function findCertificates(pem: string): readonly X509Certificate[] | undefined {
  try {
    return (pem.match(certificateBlock) ?? []).map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

function findPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** Whether a PEM certificate chain and a PEM private key belong together; `undefined` when they do. */
export function findKeyPairProblem(certificatePem: string, privateKeyPem: string): KeyPairProblem | undefined {
  const [leaf] = findCertificates(certificatePem) ?? [];
  if (leaf === undefined) return "certificate";
  const key = findPrivateKey(privateKeyPem);
  if (key === undefined) return "key";
  return leaf.checkPrivateKey(key) ? undefined : "mismatch";
}

/** Words for a {@link KeyPairProblem}, to follow the name of the pair. */
export const keyPairProblems: Readonly<Record<KeyPairProblem, string>> = {
  certificate: "has a client certificate that is not PEM or cannot be read",
  key: "has a client key that is not an unencrypted PEM key",
  mismatch: "has a client key that does not belong to the client certificate",
};
