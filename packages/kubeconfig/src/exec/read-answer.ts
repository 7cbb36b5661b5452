import { parseAllDocuments } from "yaml";
import { type Credential, CredentialError, type ExecCredentialVersion, judgeExecCredential, parseExecCredential } from "@kubepass/wire";
import { findKeyPairProblem, keyPairProblems } from "../credentials/key-pair.ts";

function invalid(what: string, hint?: string): CredentialError {
  return new CredentialError("CREDENTIAL_INVALID", `the plugin's answer ${what}`, { hint });
}

function parseYaml(text: string): unknown {
  try {
    // YAML 1.1 and the first document of a stream, as client-go reads it; few aliases, because a credential needs none.
    const [document] = parseAllDocuments(text, { version: "1.1", strict: true, uniqueKeys: false, logLevel: "error" });
    if (document === undefined || document.errors.length > 0) return undefined;
    return document.toJS({ maxAliasCount: 10 });
  } catch {
    return undefined;
  }
}

function parseDocument(text: string, asked: ExecCredentialVersion): Credential {
  if (text.trim() === "") throw invalid("is empty", "run the command of users[].user.exec by hand to see what it prints");
  if (text.trimStart().startsWith("{")) return parseExecCredential(text, asked);
  const value = parseYaml(text);
  if (typeof value !== "object" || value === null) throw invalid("is neither JSON nor YAML");
  return judgeExecCredential(value, asked);
}

function checkKeyPair(credential: Credential): Credential {
  const { clientCertificate } = credential;
  if (clientCertificate === undefined) return credential;
  const problem = findKeyPairProblem(clientCertificate.certificatePem, clientCertificate.privateKeyPem.reveal());
  if (problem !== undefined) throw invalid(keyPairProblems[problem]);
  return credential;
}

/**
 * Reads what a plugin printed, as client-go does: JSON when it begins with `{`, else YAML; the certificate and its key must
 * belong together. Throws `CREDENTIAL_INVALID`; nothing of the answer is in the error.
 */
export function readAnswer(output: Uint8Array, asked: ExecCredentialVersion): Credential {
  return checkKeyPair(parseDocument(new TextDecoder().decode(output), asked));
}

/** Reads what was stored of an answer, with the same checks. Throws `CREDENTIAL_INVALID`. */
export function readStoredAnswer(text: string, asked: ExecCredentialVersion): Credential {
  return checkKeyPair(parseExecCredential(text, asked));
}
