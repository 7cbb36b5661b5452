import type { Person } from "@kubepass/plugin-sdk";
import { CredentialError, formatPrintable, Secret } from "@kubepass/wire";
import { type CallbackParameters, type ExpectedCallback, judgeCallback, parseCallback, takeCode } from "../loopback/callback.ts";

/** What a person pasted. */
export type PastedRedirect =
  | { readonly kind: "empty" }
  | { readonly kind: "callback"; readonly parameters: CallbackParameters }
  | { readonly kind: "code"; readonly code: Secret }
  | { readonly kind: "unreadable" };

const maxPastedLength = 16 * 1024;
const responseParameter = /(?:^|[?&#])(?:code|error|state)=/;
// RFC 6749 appendix A.11 allows any printable ASCII; shorter than this is a slip of the keyboard, not a code.
const bareCode = /^[\x21-\x7e]{6,}$/;

/**
 * Reads the address that a sign-in ended on (whole, without its scheme, or only the query), or the bare code.
 * White space and quotes around it, and line breaks inside it, are what terminals and chats add.
 */
export function parsePastedRedirect(text: string): PastedRedirect {
  if (text.length > maxPastedLength) return { kind: "unreadable" };
  const pasted = text
    .replace(/[\r\n\t]+/g, "")
    .trim()
    .replace(/^["'<]+|["'>]+$/g, "")
    .trim();
  if (pasted === "") return { kind: "empty" };
  if (responseParameter.test(pasted)) {
    const withoutFragment = pasted.split("#", 1)[0] ?? "";
    return { kind: "callback", parameters: parseCallback(withoutFragment.slice(withoutFragment.indexOf("?") + 1)) };
  }
  return bareCode.test(pasted) && !pasted.includes("://") ? { kind: "code", code: new Secret(pasted) } : { kind: "unreadable" };
}

/** The code, or why the pasted text does not hold it. A refusal by the issuer throws, as it does in a callback. */
function judgePasted(pasted: Exclude<PastedRedirect, { kind: "empty" }>, expected: ExpectedCallback): Secret | string {
  if (pasted.kind === "unreadable") return "it is neither an address with a code nor a code";
  if (pasted.kind === "code") return pasted.code;
  const judgement = judgeCallback(pasted.parameters, expected);
  return judgement.kind === "stray" || judgement.kind === "unusable" ? judgement.reason : takeCode(judgement);
}

const maxMistakes = 3;

/**
 * Asks for the address or the code until there is one that fits. Never settles when nothing can be read.
 * A bare code comes without state and issuer; it is accepted because it redeems nothing without this attempt's
 * code verifier, and its ID token has to carry this attempt's nonce.
 * Throws `REDIRECT_INVALID` after three that do not fit, and what {@link takeCode} throws.
 */
export async function askForCode(person: Person, question: string, expected: ExpectedCallback, signal: AbortSignal): Promise<Secret> {
  let mistakes = 0;
  while (mistakes < maxMistakes) {
    const line = await person.ask(question, { signal });
    if (line === undefined) return await new Promise<never>(() => undefined);
    const pasted = parsePastedRedirect(line);
    if (pasted.kind === "empty") continue;
    const answer = judgePasted(pasted, expected);
    if (answer instanceof Secret) return answer;
    mistakes += 1;
    if (mistakes < maxMistakes) person.show(`That does not fit: ${formatPrintable(answer)}.\n`);
  }
  throw new CredentialError("REDIRECT_INVALID", "what was pasted does not belong to this sign-in", {
    hint: "start again, and paste the whole address of the page that the sign-in ends on",
  });
}
