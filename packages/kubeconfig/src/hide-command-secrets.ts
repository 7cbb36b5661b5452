import { hideUserInfo, redacted } from "./hide-user-info.ts";

const secretName = /secret|token|passw(?:or)?d|passphrase|credential|(?:^|[-_.])(?:pass|pwd)(?:$|[-_.])|key(?![a-z])/i;
// --client-secret-file and TOKEN_URL name where something is, and not the secret.
const harmlessEnd =
  /(?:file|path|dir|directory|folder|storage|cache|url|uri|endpoint|id|name|kind|type|format|method|ttl|lifetime|expiry)$/i;

/** Whether a flag or variable of this name holds a secret, as far as its name says. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) && !harmlessEnd.test(name);
}

/** A command's arguments as they may be shown, and the names of what was hidden in them. */
export interface ShownArguments {
  readonly shown: readonly string[];
  readonly hidden: readonly string[];
}

function isHarmlessValue(value: string): boolean {
  return value === "" || /^(?:true|false)$/i.test(value) || value.startsWith("--");
}

// Far more than an argument has, and little enough to be searched fast; what comes after is not shown.
const maxSearched = 8192;

/** Hides user names and passwords of addresses: first as of one address, whose password may have slashes, then as of many. */
function hideInAddresses(text: string, hidden: Set<string>): string {
  const hide = (address: string): string => {
    const shown = hideUserInfo(address);
    if (shown !== address && address.slice(2, address.lastIndexOf("@")).includes(":")) hidden.add("the password of an address");
    return shown;
  };
  return text.replace(/\/\/\S*/g, hide).replace(/\/\/(?:(?!\/\/)\S)*/g, hide);
}

// Without one of these nothing of what is looked for below is there: most arguments are told in one look.
const mayHoldSecret = /secret|token|pass|pwd|credential|key|bearer|basic|eyJ|@/i;

/** Hides what is secret in a text that is itself a command line, a form or a header. */
function hideInText(text: string, hidden: Set<string>): string {
  if (text.length <= maxSearched && !mayHoldSecret.test(text)) return text;
  const named = text
    .slice(0, maxSearched)
    .replace(
      /(?<![\w.-])(?=-|[\w.-]+[=:])([\w.-]+)(=|:[ \t]*|[ \t]+)(?!--)((?:(?:bearer|basic)[ \t]+)?(?:"[^"]*"|'[^']*'|[^\s&"']+))/gi,
      (all: string, name: string, between: string, value: string) => {
        const isNamed = isSecretName(name) && (between.trim() !== "" || name.startsWith("-"));
        if (!isNamed || isHarmlessValue(value) || value.startsWith("//")) return all;
        hidden.add(name);
        return `${name}${between}${redacted}`;
      },
    );
  const bare = named
    .replace(/\b(bearer|basic)[ \t]+(?!REDACTED(?:[\s"']|$))[^\s"']+/gi, (_all, scheme: string) => {
      hidden.add("an authorization header");
      return `${scheme} ${redacted}`;
    })
    .replace(/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*/g, () => {
      hidden.add("a JSON Web Token");
      return redacted;
    });
  return hideInAddresses(bare, hidden) + (text.length > maxSearched ? "…" : "");
}

/** Hides the secrets among a command's arguments: `--client-secret=x`, `--token x`, addresses with a password. */
export function hideSecretArguments(args: readonly string[]): ShownArguments {
  const hidden = new Set<string>();
  let flag = "";
  const shown = args.map((argument) => {
    const before = flag;
    flag = "";
    if (before !== "" && !isHarmlessValue(argument)) {
      hidden.add(before);
      return redacted;
    }
    if (/^-{1,2}[\w.-]+$/.test(argument) && isSecretName(argument)) flag = argument;
    const [, name = "", value = ""] = /^(-{0,2}[\w.-]+)=([\s\S]*)$/.exec(argument) ?? [];
    if (!isSecretName(name) || isHarmlessValue(value)) return hideInText(argument, hidden);
    hidden.add(name);
    return `${name}=${redacted}`;
  });
  return { shown, hidden: [...hidden] };
}
